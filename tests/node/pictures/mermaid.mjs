// What Mermaid reads from a flowchart on standard input: boxes, frames, arrows and the title, as a line of JSON.
import { readFileSync } from "node:fs";
import { JSDOM } from "jsdom";

const { window } = new JSDOM("");
globalThis.window = window;
globalThis.document = window.document;
const { default: mermaid } = await import("mermaid");

const text = readFileSync(0, "utf8");
await mermaid.parse(text);
const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);

// Mermaid keeps codes such as #35; in a form of its own until it draws.
const shown = (label) => label.replace(/ﬂ°°(\d+)¶ß/g, (_, code) => String.fromCodePoint(code));
console.log(
  JSON.stringify({
    boxes: [...db.getVertices().values()].map(({ id, text, classes }) => ({ id, text: shown(text), classes })),
    frames: db.getSubGraphs().map(({ id, title, nodes }) => ({ id, title: shown(title), nodes })),
    arrows: db.getEdges().map(({ start, end, text, stroke }) => ({ start, end, text, stroke })),
    title: shown(db.getAccTitle()),
  }),
);
