// npm start URL: what a page about one resource needs.
import { Registry, RegistryError } from "./client";
import { graphql } from "./gql/index";

const Search = graphql(`
  query Search($text: String!) {
    search(text: $text, kinds: [RESOURCE], first: 1) { nodes { id name } }
  }
`);

const Fields = graphql(`
  query Fields($id: ID!, $after: String) {
    resource(id: $id) {
      name
      department { name }
      fields(first: 5, after: $after) { nodes { name element { name } } pageInfo { hasNextPage endCursor } }
    }
  }
`);

const Lineage = graphql(`
  query Lineage($id: ID!, $level: Level!) {
    lineage(ids: [$id], direction: DOWNSTREAM, level: $level, depth: 10) {
      nodes { id name depth department { name } }
      edges { source target count }
      complete
      stoppedBy
    }
  }
`);

const Follow = graphql(`
  subscription Follow($since: Sequence!) {
    changes(since: $since, first: 1) { sequence more changes { at ids } }
  }
`);

const registry = new Registry(`${process.argv[2]}/graphql`);

const found = await registry.ask(Search, { text: "户籍人口基本信息" });
const resource = found.search.nodes[0];
if (!resource) throw new Error("nothing found: is the sample imported?");
console.log(`resource ${resource.name}`);

const names: string[] = [];
let after: string | null | undefined = null;
do {
  const page: Awaited<ReturnType<typeof fields>> = await fields(resource.id, after);
  names.push(...page.nodes.map((field) => field.name));
  after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : undefined;
} while (after);
console.log(`fields ${names.length}`);

async function fields(id: string, after: string | null | undefined) {
  const { resource } = await registry.ask(Fields, { id, after });
  if (!resource) throw new Error(`${id} is gone`);
  return resource.fields;
}

const { lineage } = await registry.ask(Lineage, { id: resource.id, level: "DEPARTMENT" });
for (const node of lineage.nodes) console.log(`department ${"  ".repeat(node.depth)}${node.name}`);
if (!lineage.complete) console.log(`cut by ${lineage.stoppedBy.join(", ")}`);

try {
  await registry.ask(Lineage, { id: "nobody", level: "RESOURCE" });
} catch (error) {
  if (!(error instanceof RegistryError)) throw error;
  console.log(`error ${error.code} ${error.told.extensions?.ids?.join(", ")}`);
}

for await (const { changes } of registry.follow(Follow, { since: "0" })) {
  console.log(`change ${changes.sequence}`);
  break;
}
