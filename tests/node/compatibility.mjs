// node compatibility.mjs URL: Apollo's federation-subgraph-compatibility suite on the products subgraph at URL, as JSON
// {features: {name: passed}, tests: [[name, status, messages]]}.
//
// The tests, and the two other subgraphs, are the suite's own, unchanged. What its own command would download or run in
// Docker is stood in for: the Rust router by Apollo's gateway for Node, rover's composition by the library that it
// wraps, the fixed ports by free ones.
import { ApolloGateway } from "@apollo/gateway";
import { composeServices } from "@apollo/composition";
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { parse } from "graphql";
import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { dirname, join } from "node:path";

const products = process.argv[2];
setTimeout(() => process.exit(1), 100_000).unref(); // ends the subgraphs too
const folder = join(import.meta.dirname, "compatibility");
const require = createRequire(join(folder, "router.cjs"));
const suite = dirname(require.resolve("@apollo/federation-subgraph-compatibility-tests/package.json"));

async function freePort() {
  const server = createServer().listen(0);
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

async function subgraph(name) {
  const home = join(suite, "dist", "subgraphs", name);
  const port = await freePort();
  const env = { ...process.env, [`${name.toUpperCase()}_PORT`]: port };
  const started = fork(join(home, "index.js"), { cwd: home, env, stdio: ["ignore", "ignore", "inherit", "ipc"] });
  process.once("exit", () => started.kill());
  await Promise.race([once(started, "message"), once(started, "exit").then(() => Promise.reject(`${name} ended`))]);
  return { name, url: `http://localhost:${port}/`, typeDefs: parse(readFileSync(join(home, `${name}.graphql`), "utf8")) };
}

async function sdl(url) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query: "{ _service { sdl } }" }) });
  return parse((await answer.json()).data._service.sdl);
}

async function gateway() {
  const others = await Promise.all([subgraph("users"), subgraph("inventory")]);
  const { supergraphSdl, errors } = composeServices([
    { name: "products", url: products, typeDefs: await sdl(products) },
    ...others,
  ]);
  if (errors) throw new Error(errors.map((error) => error.message).join("\n"));
  const server = new ApolloServer({ gateway: new ApolloGateway({ supergraphSdl }) });
  return (await startStandaloneServer(server, { listen: { port: 0 } })).url;
}

function run(router) {
  const config = {
    rootDir: join(suite, "dist", "tests"),
    testEnvironment: "node",
    testPathIgnorePatterns: [],
    haste: { retainAllFiles: true },
    transform: {},
    setupFiles: [join(folder, "router.cjs")],
  };
  const jest = [require.resolve("jest/bin/jest"), "--ci", "--json", "--runInBand", "--config", JSON.stringify(config)];
  const options = { env: { ...process.env, PRODUCTS_URL: products, ROUTER_URL: router }, maxBuffer: 1e8, timeout: 80_000 };
  return new Promise((resolve, reject) =>
    execFile(process.execPath, jest, options, (error, out, log) => (out ? resolve(JSON.parse(out)) : reject(log))),
  );
}

const { testResults } = await run(await gateway());
const assertions = testResults.flatMap((file) => file.assertionResults);
const broken = testResults.filter((file) => file.assertionResults.length === 0);
const { TESTS } = require("@apollo/federation-subgraph-compatibility-tests/dist/testRunner");
// A feature is what tests are grouped under, else one test by its name, as the suite counts; but it passes a feature of
// which nothing was run.
const passed = (feature) => {
  const its = assertions.filter((one) => (one.ancestorTitles[0] ?? one.fullName) === feature);
  return its.length > 0 && its.every((one) => one.status === "passed");
};
console.log(
  JSON.stringify({
    features: Object.fromEntries(TESTS.map(({ assertion, column }) => [column, passed(assertion)])),
    tests: [
      ...assertions.map((one) => [one.fullName, one.status, one.failureMessages]),
      ...broken.map((file) => [file.name, "broken", [file.message]]),
    ],
  }),
);
process.exit();
