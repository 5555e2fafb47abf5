// node gateway.mjs URL QUERY…: a gateway that joins the registry at URL with two small subgraphs; each query's answer
// as a line of JSON. Permits know departments by USCC, ratings know resources by id.
import { ApolloGateway, LocalGraphQLDataSource, RemoteGraphQLDataSource } from "@apollo/gateway";
import { composeServices } from "@apollo/composition";
import { ApolloServer } from "@apollo/server";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { parse } from "graphql";

const link = (names) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [${names.map((n) => `"${n}"`)}])`;

const permits = parse(`${link(["@key"])}
  type Query { permits: [Permit!]! }
  type Permit @key(fields: "id") { id: ID! name: String! issuer: Department! uses: Resource! }
  type Department @key(fields: "uscc") { uscc: String permits: [Permit!]! }
  type Resource @key(fields: "id", resolvable: false) { id: ID! }
`);
const PERMITS = [{ id: "p1", name: "营业执照", uscc: process.env.USCC, resource: process.env.RESOURCE }];
const permit = (one) => ({ ...one, issuer: { uscc: one.uscc }, uses: { id: one.resource } });
const permitResolvers = {
  Query: { permits: () => PERMITS.map(permit) },
  Permit: { __resolveReference: ({ id }) => PERMITS.map(permit).find((one) => one.id === id) },
  Department: { permits: ({ uscc }) => PERMITS.filter((one) => one.uscc === uscc).map(permit) },
};

const ratings = parse(`${link(["@key", "@external", "@requires", "@shareable"])}
  type Query { best: [Resource]! }
  type Resource @key(fields: "id") { id: ID! name: String! @external stars: Int! label: String! @requires(fields: "name") }
  type PageInfo @shareable { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
`);
const ratingResolvers = {
  Query: { best: () => [{ id: process.env.RESOURCE }, { id: "resource:nothing" }] },
  Resource: { stars: () => 5, label: ({ name }) => `★ ${name}` },
};

const url = process.argv[2] + "/graphql";
const sdl = await (
  await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "{ _service { sdl } }" }),
  })
).json();
const { supergraphSdl, errors } = composeServices([
  { name: "registry", url, typeDefs: parse(sdl.data._service.sdl) },
  { name: "permits", url: "http://permits", typeDefs: permits },
  { name: "ratings", url: "http://ratings", typeDefs: ratings },
]);
if (errors) throw new Error(errors.map((error) => error.message).join("\n"));
const local = {
  permits: buildSubgraphSchema({ typeDefs: permits, resolvers: permitResolvers }),
  ratings: buildSubgraphSchema({ typeDefs: ratings, resolvers: ratingResolvers }),
};
const gateway = new ApolloGateway({
  supergraphSdl,
  buildService: ({ name, url }) =>
    name in local ? new LocalGraphQLDataSource(local[name]) : new RemoteGraphQLDataSource({ url }),
});
const server = new ApolloServer({ gateway });
await server.start();
for (const query of process.argv.slice(3)) {
  const { body } = await server.executeOperation({ query });
  console.log(JSON.stringify(body.singleResult));
}
await server.stop();
