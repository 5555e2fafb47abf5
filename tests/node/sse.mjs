// node sse.mjs URL: what the client of graphql-sse hears with a connection for each operation, then with one for all.
import { createClient } from "graphql-sse";

const NAME = '{ jurisdiction(id: "jurisdiction:320900") { name } }';
const CHANGES = "subscription { changes(since: 0, first: 1) { changes { sequence } } }";

async function first(results, count) {
  const heard = [];
  for await (const result of results) {
    heard.push(result);
    if (heard.length === count) break; // stops the operation
  }
  return heard;
}

for (const singleConnection of [false, true]) {
  const client = createClient({ url: process.argv[2], singleConnection, lazyCloseTimeout: 5000, retryAttempts: 0 });
  const ask = (query, count) => first(client.iterate({ query }), count);
  const live = ask(CHANGES, 3);
  const query = await ask(NAME);
  const many = await Promise.all(Array.from({ length: 20 }, () => ask(NAME)));
  const wrong = await ask("{ nothing }").then(
    ([result]) => result.errors[0].extensions.code,
    (error) => error.response?.status ?? String(error),
  );
  console.log(JSON.stringify({ query, many: many.length, live: await live, again: await ask(CHANGES, 1), wrong }));
  client.dispose();
}
process.exit(); // the client leaves the body of a refusal unread, and its connection open
