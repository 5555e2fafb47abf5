// Two small subgraphs beside the registry, each a server of its own: permits know things by their codes, ratings by
// their ids. And a way to the registry that keeps what a gateway asks of it.
import { createServer } from "node:http";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { parse } from "graphql";
import { createHandler } from "graphql-http/lib/use/http";

const link = (names) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [${names.map((n) => `"${n}"`)}])`;

const permits = parse(`${link(["@key", "@shareable"])}
  type Query { permits: [Permit!]! permit(id: ID!): Permit unkeyed: [Permit!]! }
  type Permit @key(fields: "id") { id: ID! name: String! issued: DateTime issuer: Department subjects: [Subject]! }
  union Subject = Jurisdiction | Department | System | Resource | DataElement
  type Jurisdiction @key(fields: "code", resolvable: false) { code: String }
  type Department @key(fields: "uscc") { uscc: String permits: [Permit!]! }
  type System @key(fields: "code", resolvable: false) { code: String }
  type Resource @key(fields: "code", resolvable: false) { code: String }
  type DataElement @key(fields: "code", resolvable: false) { code: String }
  type PageInfo @shareable { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
  scalar DateTime
`);
const POLICE = "113209000172741129";
const PERMITS = [
  {
    id: "p1",
    name: "户口登记",
    issued: "2024-01-01T00:00:00Z",
    issuer: { uscc: POLICE },
    subjects: [
      { __typename: "Jurisdiction", code: "320900" },
      { __typename: "Department", uscc: POLICE },
      { __typename: "System", code: "YC-SYS-0301" },
      { __typename: "Resource", code: "nothing" },
      { __typename: "Resource", code: "3070150900012/000001" },
      { __typename: "DataElement", code: "YCDE0001" },
    ],
  },
  { id: "p2", name: "无主", issuer: null, subjects: [] },
  { id: "p3", name: "不明", issuer: { uscc: "nothing" }, subjects: [null] },
];
const UNKEYED = { id: "p4", name: "缺码", issuer: { uscc: null }, subjects: [] };
const permitResolvers = {
  Query: {
    permits: () => PERMITS,
    permit: (_, { id }) => PERMITS.find((one) => one.id === id),
    unkeyed: () => [PERMITS[0], UNKEYED],
  },
  Permit: { __resolveReference: ({ id }) => PERMITS.find((one) => one.id === id) },
  Department: { permits: ({ uscc }) => PERMITS.filter((one) => one.issuer?.uscc === uscc) },
};

const ratings = parse(`${link(["@key", "@external", "@requires"])}
  type Query { rated(ids: [ID!]!): [Rated]! starred(ids: [ID!]!): [Resource]! best: Resource! }
  union Rated = Jurisdiction | Department | System | Resource | Field | DataElement | SharingAgreement
  type Jurisdiction @key(fields: "id", resolvable: false) { id: ID! }
  type Department @key(fields: "id") { id: ID! name: String! @external stars: Int! }
  type System @key(fields: "id", resolvable: false) { id: ID! }
  type Resource @key(fields: "id") {
    id: ID!
    name: String! @external
    shareType: ShareType @external
    provider: Department @external
    stars(of: Int! = 5): Int!
    label: String! @requires(fields: "name shareType provider { name }")
  }
  enum ShareType { UNCONDITIONAL CONDITIONAL WITHHELD }
  type Field @key(fields: "id", resolvable: false) { id: ID! }
  type DataElement @key(fields: "id", resolvable: false) { id: ID! }
  type SharingAgreement @key(fields: "id", resolvable: false) { id: ID! }
`);
const LABELS = { element: "DataElement", agreement: "SharingAgreement" };
const kind = (id) => LABELS[id.split(":")[0]] ?? id[0].toUpperCase() + id.split(":")[0].slice(1);
const ratingResolvers = {
  Query: {
    rated: (_, { ids }) => ids.map((id) => ({ __typename: kind(id), id })),
    starred: (_, { ids }) => ids.map((id) => ({ id })),
    best: () => ({ id: "resource:nothing" }),
  },
  Department: { stars: () => 3 },
  Resource: {
    stars: (_, { of }) => of - 1,
    label: ({ name, shareType, provider }) => `${name} ${shareType ?? "UNKNOWN"} ${provider?.name ?? "nobody"}`,
  },
};

async function listening(server) {
  await new Promise((told) => server.listen(0, "127.0.0.1", told));
  return `http://127.0.0.1:${server.address().port}/graphql`;
}

async function text(request) {
  request.setEncoding("utf8");
  let whole = "";
  for await (const part of request) whole += part;
  return whole;
}

function watched(url, requests) {
  return createServer(async (request, response) => {
    const body = await text(request);
    requests.push(body ? JSON.parse(body) : Object.fromEntries(new URL(request.url, url).searchParams));
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    try {
      const { method } = request;
      const headers = ["accept", "content-type"].map((name) => [name, request.headers[name] ?? ""]);
      const answer = await fetch(new URL(request.url, url), { method, headers, body: body || null, signal: gone.signal });
      response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") });
      for await (const part of answer.body) response.write(part);
      response.end();
    } catch (error) {
      response.destroy(gone.signal.aborted ? undefined : error);
    }
  });
}

/** The registry at an address and the two others as services to compose; `requests` grows with what is asked of it. */
export async function started(registry) {
  const requests = [];
  const answer = await fetch(`${registry}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "{ _service { sdl } }" }),
  });
  const { sdl } = (await answer.json()).data._service;
  const small = [permits, ratings].map((typeDefs, one) => {
    const resolvers = [permitResolvers, ratingResolvers][one];
    return createServer(createHandler({ schema: buildSubgraphSchema({ typeDefs, resolvers }) }));
  });
  const servers = [watched(`${registry}/graphql`, requests), ...small];
  const urls = await Promise.all(servers.map(listening));
  const services = [parse(sdl), permits, ratings].map((typeDefs, one) => ({
    name: ["registry", "permits", "ratings"][one],
    url: urls[one],
    typeDefs,
  }));
  const close = () => servers.forEach((server) => (server.close(), server.closeAllConnections()));
  return { services, requests, close };
}
