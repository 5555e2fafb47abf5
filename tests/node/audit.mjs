// node audit.mjs URL: the audits of GraphQL over HTTP, as a JSON list of [id, name, status, reason].
import { serverAudits } from "graphql-http";

const results = [];
for (const audit of serverAudits({ url: process.argv[2] })) {
  const result = await audit.fn();
  results.push([audit.id, audit.name, result.status, result.reason ?? null]);
}
console.log(JSON.stringify(results));
