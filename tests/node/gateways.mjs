// node gateways.mjs URL < CASES: cases as JSON [{query, variables, operationName}], asked through two gateways that join
// the registry at URL with two small subgraphs, each with a composer of its own. For each gateway a line of JSON
// {gateway, answers: [{answer, asked}]}; `asked` is how many things each request to the registry named, 0 if it asked
// otherwise. Of a subscription the first `events`: Apollo's gateway has none, the other asks for them over server-sent
// events and, as the third gateway, over WebSockets. What a gateway is not asked has null as its answer.
import { readFileSync } from "node:fs";
import { composeServices as composeAtApollo } from "@apollo/composition";
import { ApolloGateway } from "@apollo/gateway";
import { ApolloServer } from "@apollo/server";
import { createGatewayRuntime } from "@graphql-hive/gateway-runtime";
import { composeServices as composeAtHive } from "@theguild/federation-composition";
import { started } from "./subgraphs.mjs";

function composed(compose, services) {
  const { supergraphSdl, errors } = compose(services);
  if (errors?.length) throw new Error(errors.map((error) => error.message).join("\n"));
  return supergraphSdl;
}

async function apollo(services) {
  const gateway = new ApolloGateway({ supergraphSdl: composed(composeAtApollo, services) });
  const server = new ApolloServer({ gateway });
  await server.start();
  const ask = async (request) => (await server.executeOperation(request)).body.singleResult;
  return { ask, close: () => server.stop() };
}

async function hive(services, subscriptions = { kind: "http" }) {
  const gateway = createGatewayRuntime({
    supergraph: composed(composeAtHive, services),
    transportEntries: { registry: { options: { subscriptions } } },
    logging: false,
    maskedErrors: false,
  });
  const post = (request, accept) =>
    gateway.fetch("http://gateway/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", accept },
      body: JSON.stringify(request),
    });
  const ask = async ({ events, ...request }) =>
    events ? first(events, await post(request, "text/event-stream")) : (await post(request, "application/json")).json();
  return { ask, close: () => gateway[Symbol.asyncDispose]() };
}

/** The same, with WebSockets to the registry. */
const sockets = (services) => hive(services, { kind: "ws", location: process.argv[2].replace("http", "ws") + "/graphql" });

async function first(many, response) {
  const found = [];
  let rest = "";
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + part).split("\n");
    rest = lines.pop();
    found.push(...lines.filter((line) => line.startsWith("data: ")).map((line) => JSON.parse(line.slice(6))));
    if (found.length >= many) break;
  }
  return found;
}

function named(variables) {
  const lists = Object.values(variables ?? {}).filter((value) => Array.isArray(value) && value[0]?.__typename);
  return lists.reduce((sum, list) => sum + list.length, 0);
}

const cases = JSON.parse(readFileSync(0, "utf8"));
const { services, requests, close } = await started(process.argv[2]);
const takes = { apollo: (one) => !one.events, hive: () => true, sockets: (one) => one.events };
for (const [name, start] of Object.entries({ apollo, hive, sockets })) {
  const gateway = await start(services);
  const answers = [];
  for (const one of cases) {
    requests.length = 0;
    const answer = takes[name](one) ? await gateway.ask(one) : null;
    answers.push({ answer, asked: requests.map(({ variables }) => named(variables)) });
  }
  console.log(JSON.stringify({ gateway: name, answers }));
  await gateway.close();
}
close();
