// node server.mjs PORT: @neo4j/graphql behind Apollo Server, on the Neo4j at BOLT_URL with BOLT_PASSWORD.
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { Neo4jGraphQL } from "@neo4j/graphql";
import neo4j from "neo4j-driver";

const typeDefs = `#graphql
  type Department @node {
    id: ID!
    name: String
    systems: [System!]! @relationship(type: "OPERATES", direction: OUT)
  }
  type System @node {
    id: ID!
    name: String
    resources: [Resource!]! @relationship(type: "HOLDS", direction: OUT)
  }
  type Resource @node {
    id: ID!
    name: String
    code: String
    share_type: String
    abstract: String
  }
  type Container { id: ID! name: String }
  type LineageNode { id: ID! name: String resource: Container system: Container department: Container }
  type LineageEdge { source: ID! target: ID! job: String }
  type Lineage { nodes: [LineageNode!]! edges: [LineageEdge!]! }
  type Query {
    lineage(id: ID!): Lineage @cypher(columnName: "lineage", statement: """
      MATCH (a:Field {id: $id})
      CALL (a) { MATCH (a)-[:FEEDS*0..]->(x:Field) RETURN DISTINCT x }
      WITH collect(x) AS xs
      CALL (xs) {
        UNWIND xs AS x
        OPTIONAL MATCH (r:Resource)-[:HAS_FIELD]->(x)
        OPTIONAL MATCH (s:System)-[:HOLDS]->(r)
        OPTIONAL MATCH (d:Department)-[:OPERATES]->(s)
        RETURN collect({id: x.id, name: x.name, resource: r {.id, .name}, system: s {.id, .name},
                        department: d {.id, .name}}) AS nodes
      }
      CALL (xs) {
        UNWIND xs AS x
        MATCH (x)-[r:FEEDS]->(y:Field)
        RETURN collect({source: x.id, target: y.id, job: r.job}) AS edges
      }
      RETURN {nodes: nodes, edges: edges} AS lineage
    """)
  }
`;

const driver = neo4j.driver(process.env.BOLT_URL, neo4j.auth.basic("neo4j", process.env.BOLT_PASSWORD));
const schema = await new Neo4jGraphQL({ typeDefs, driver }).getSchema();
const server = new ApolloServer({ schema, includeStacktraceInErrorResponses: true });
await startStandaloneServer(server, { listen: { port: Number(process.argv[2]), host: "127.0.0.1" } });
console.log("ready");
