// node compose.mjs < SDL: whether three composers take the subgraph, as JSON {composer: [errors]}.
import { readFileSync } from "node:fs";
import { composeServices } from "@apollo/composition";
import { composeServices as composeAtHive } from "@theguild/federation-composition";
import { federateSubgraphs } from "@wundergraph/composition";
import { parse } from "graphql";

const typeDefs = parse(readFileSync(0, "utf8"));
const services = [{ name: "registry", typeDefs, url: "http://registry" }];
const apollo = composeServices(services);
const hive = composeAtHive(services);
const cosmo = federateSubgraphs({
  subgraphs: [{ name: "registry", url: "http://registry", definitions: typeDefs }],
  version: "1",
});
const told = (errors) => (errors ?? []).map((error) => error.message);
const cosmoErrors = cosmo.success ? [] : cosmo.errors;
console.log(JSON.stringify({ apollo: told(apollo.errors), cosmo: told(cosmoErrors), hive: told(hive.errors) }));
