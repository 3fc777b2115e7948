import { green } from "../paint.mjs";
import { commitFiles, readJson } from "../repository.mjs";

const FILE = "docs/README.md";

/** Documents the API that is in the repository. */
export async function writeDocs({ say }) {
  const api = await readJson("api/schema.json");
  if (!api) throw new Error("There is no api/schema.json to document");
  await say(`Reading api/schema.json: ${api.name} ${api.version}`);

  const page = pageOf(api);
  for (const heading of page.matchAll(/^#+ .*$/gm)) await say(`  ${heading[0]}`);
  const missing = api.operations.filter(({ name }) => !page.includes(`\`${name}\``));
  if (missing.length > 0) throw new Error(`Not documented: ${missing.map(({ name }) => name).join(", ")}`);
  await say(`${green("✓")} every operation has a line in the table`);

  const { changes, commit } = await commitFiles({ [FILE]: page }, `Document ${api.name} ${api.version}`);
  await say(`Committed ${commit}`);
  return {
    summary: `Docs of ${api.name} ${api.version}: ${page.split("\n").length} lines`,
    changes,
    contracts: {},
    tests: { passed: 1, failed: 0, skipped: 0 },
  };
}

const pageOf = ({ name, version, operations, types }) => `# ${name} ${version}

## The client

\`\`\`js
import { createClient } from "../client/client.mjs";

const shelf = createClient("https://shelf.example");
const books = await shelf.listBooks();
\`\`\`

## Operations

| operation | request | what it does |
|---|---|---|
${operations.map(({ name, method, path, summary }) => `| \`${name}\` | ${method} ${path} | ${summary} |`).join("\n")}

## Types

${Object.entries(types).map(typeText).join("\n")}
`;

const typeText = ([name, { properties, required }]) =>
  `- \`${name}\`: ${Object.keys(properties)
    .map((field) => (required?.includes(field) ? field : `${field} (optional)`))
    .join(", ")}`;
