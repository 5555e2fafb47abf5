// What a client needs: ask, follow, and errors that say whose they are. Types come from the schema.
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import type { TypedDocumentString } from "./gql/graphql";

export type Code =
  | "BAD_INPUT" | "NOT_FOUND" | "FORBIDDEN" | "TOO_COSTLY" | "CONFLICT" | "TIMEOUT" | "INTERNAL";

interface Told {
  message: string;
  extensions?: { code?: Code; argument?: string; ids?: string[]; errorId?: string };
}

/** What the registry refused or failed to answer. `code` says whose mistake it is. */
export class RegistryError extends Error {
  constructor(readonly told: Told) {
    super(told.message);
  }
  get code(): Code {
    return this.told.extensions?.code ?? "INTERNAL";
  }
}

export class Registry {
  constructor(private readonly url: string) {}

  /** The data of a query. Throws RegistryError; tries again when the registry is full. */
  async ask<Data, Variables>(document: TypedDocumentString<Data, Variables>, variables: Variables): Promise<Data> {
    for (let tries = 1; ; tries++) {
      const response = await fetch(this.url, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/graphql-response+json, application/json" },
        body: JSON.stringify({ query: document.toString(), variables }),
      });
      if (response.status === 503 && tries < 5) {
        const seconds = Number(response.headers.get("retry-after") ?? 1);
        await new Promise((done) => setTimeout(done, seconds * 1000));
        continue;
      }
      const answer = (await response.json()) as { data?: Data; errors?: Told[] };
      if (answer.errors?.[0]) throw new RegistryError(answer.errors[0]);
      return answer.data as Data;
    }
  }

  /** The events of a subscription, until the loop over them is left. */
  async *follow<Data, Variables extends Record<string, unknown>>(
    document: TypedDocumentString<Data, Variables>,
    variables: Variables,
  ): AsyncGenerator<Data> {
    const client = createClient({ url: this.url.replace(/^http/, "ws"), webSocketImpl: WebSocket });
    try {
      for await (const event of client.iterate<Data>({ query: document.toString(), variables })) {
        if (event.errors?.[0]) throw new RegistryError(event.errors[0] as Told);
        if (event.data) yield event.data;
      }
    } finally {
      await client.dispose();
    }
  }
}
