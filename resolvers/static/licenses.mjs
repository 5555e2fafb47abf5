// Writes the licences of all packages in the bundle: node licenses.mjs > LICENSES.txt
import { existsSync, readFileSync, readdirSync } from 'node:fs';

const inputs = Object.keys(JSON.parse(readFileSync('meta.json')).inputs);
const folders = new Set(inputs.map((path) => path.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//)?.[1]).filter(Boolean));
const shown = [...folders].sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file && existsSync(`${folder}/${file}`) ? readFileSync(`${folder}/${file}`, 'utf8').trim() : '';
  return `${name} ${version} (${license})\n\n${text}`.trim();
});
console.log(`graphiql.js and graphiql.css are made of these packages:\n\n${shown.join('\n\n' + '-'.repeat(80) + '\n\n')}`);
