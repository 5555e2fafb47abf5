// node compose.mjs < SDL: whether two composers take the subgraph, as JSON {composer: [errors]}.
import { readFileSync } from "node:fs";
import { composeServices } from "@apollo/composition";
import { federateSubgraphs } from "@wundergraph/composition";
import { parse } from "graphql";

const typeDefs = parse(readFileSync(0, "utf8"));
const apollo = composeServices([{ name: "registry", typeDefs, url: "http://registry" }]);
const cosmo = federateSubgraphs({
  subgraphs: [{ name: "registry", url: "http://registry", definitions: typeDefs }],
  version: "1",
});
const told = (errors) => (errors ?? []).map((error) => error.message);
console.log(JSON.stringify({ apollo: told(apollo.errors), cosmo: cosmo.success ? [] : told(cosmo.errors) }));
