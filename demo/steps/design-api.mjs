import { cyan, green } from "../paint.mjs";
import { commitFiles, readJson } from "../repository.mjs";

const FILE = "api/schema.json";

const operations = [
  { name: "listBooks", method: "GET", path: "/books", summary: "All books, the newest first" },
  { name: "readBook", method: "GET", path: "/books/{id}", summary: "One book" },
  { name: "addBook", method: "POST", path: "/books", summary: "Puts a book on the shelf", body: "NewBook" },
  { name: "removeBook", method: "DELETE", path: "/books/{id}", summary: "Takes a book off the shelf" },
];

const text = { type: "string", minLength: 1 };
const types = {
  NewBook: { type: "object", required: ["title", "author"], properties: { title: text, author: text } },
  Book: {
    type: "object",
    required: ["id", "title", "author"],
    properties: { id: text, title: text, author: text },
  },
};

/** Describes the bookshelf's API and delivers the description as a contract. */
export async function designApi({ say }) {
  const before = await readJson(FILE);
  const version = nextVersion(before?.version);
  await say(before ? `${FILE} says ${before.version}; the next one is ${version}.` : `${FILE} is not there yet.`);

  await say("Operations:");
  for (const { method, path, summary } of operations) {
    await say(`  ${cyan(method.padEnd(6))} ${path.padEnd(12)} ${summary}`);
  }
  await say(`Types: ${Object.keys(types).join(", ")}`);

  const api = { name: "Bookshelf", version, operations, types };
  const names = new Set(operations.map(({ name }) => name));
  if (names.size !== operations.length) throw new Error("Two operations have one name");
  await say(`${green("✓")} every operation has a name of its own`);

  const files = { [FILE]: `${JSON.stringify(api, null, 2)}\n` };
  const { changes, commit } = await commitFiles(files, `Describe the API, version ${version}`);
  await say(`Committed ${commit}`);
  return {
    summary: `Bookshelf API ${version} with ${operations.length} operations`,
    changes,
    contracts: { api_schema: api },
    tests: { passed: 1, failed: 0, skipped: 0 },
  };
}

function nextVersion(before) {
  const [major, minor] = String(before ?? "1.-1")
    .split(".")
    .map(Number);
  return `${major}.${minor + 1}`;
}
