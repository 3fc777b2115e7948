import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { green, red } from "../paint.mjs";
import { commitFiles } from "../repository.mjs";

const CLIENT = "client/client.mjs";
const TESTS = "client/client.test.mjs";

/** Builds a client from the contract that the task received, and tests it. */
export async function buildClient({ task, say }) {
  const api = task.resolved_inputs.api_schema;
  if (!api) throw new Error("The input api_schema is missing");
  await say(`Input api_schema: ${api.name} ${api.version}, ${api.operations.length} operations`);
  for (const operation of api.operations) await say(`  + ${signature(operation)}`);

  const files = { [CLIENT]: clientSource(api), [TESTS]: testSource(api) };
  const { changes, commit } = await commitFiles(files, `Generate the client of ${api.name} ${api.version}`);
  await say(`Committed ${commit}`);
  await say(`$ node --test ${TESTS}`);
  const tests = await runTests(say);
  if (tests.failed > 0) throw new Error(`${tests.failed} of the client's tests failed`);
  return {
    summary: `Client of ${api.name} ${api.version}: ${tests.passed} tests passed`,
    changes,
    contracts: {},
    tests,
  };
}

const parametersOf = ({ path, body }) =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).concat(body ? "body" : []);
const signature = (operation) => `${operation.name}(${parametersOf(operation).join(", ")})`;

function clientSource({ name, version, operations }) {
  const methods = operations.map((operation) => {
    const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, parameter) => `\${encodeURIComponent(${parameter})}`);
    const body = operation.body ? ", body" : "";
    return `    /** ${operation.summary}. */
    ${operation.name}: (${parametersOf(operation).join(", ")}) => call("${operation.method}", \`${path}\`${body}),`;
  });
  return `// Generated from ${name} ${version}; do not edit.
export function createClient(baseUrl, fetch = globalThis.fetch) {
  async function call(method, path, body) {
    const response = await fetch(baseUrl + path, {
      method,
      headers: { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok) throw new Error(\`\${method} \${path}: \${response.status}\`);
    return response.json();
  }
  return {
${methods.join("\n")}
  };
}
`;
}

function testSource({ name, version, operations }) {
  const tests = operations.map((operation) => {
    const given = parametersOf(operation).map((parameter) => (parameter === "body" ? '{ a: "b" }' : '"7"'));
    const path = operation.path.replaceAll(/\{\w+\}/g, "7");
    return `
test("${operation.name} sends ${operation.method} ${path}", async () => {
  await client.${operation.name}(${given.join(", ")});
  assert.deepEqual(sent, ["${operation.method}", "http://shelf${path}"]);
});
`;
  });
  return `// Generated from ${name} ${version}; do not edit.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "./client.mjs";

let sent;
const client = createClient("http://shelf", async (url, { method }) => {
  sent = [method, url];
  return Response.json({});
});
${tests.join("")}`;
}

async function runTests(say) {
  const program = spawn(process.execPath, ["--test", "--test-reporter=tap", TESTS], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const count = { passed: 0, failed: 0, skipped: 0 };
  for await (const line of createInterface({ input: program.stdout })) {
    const [, verdict, name] = /^ *(ok|not ok) \d+ - (.* sends .*)$/.exec(line) ?? [];
    if (verdict) await say(`  ${verdict === "ok" ? green("✓") : red("✗")} ${name}`);
    const [, word, number] = /^# (pass|fail|skipped) (\d+)$/.exec(line) ?? [];
    if (word) count[{ pass: "passed", fail: "failed", skipped: "skipped" }[word]] = Number(number);
  }
  return count;
}
