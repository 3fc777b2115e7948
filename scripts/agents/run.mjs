/**
 * `npm run test:agents`: the contract of docs/agents.md with the real agents from npm, and tasks of a whole hub done by them,
 * against a model endpoint of our own. `-- --only claude,codex` takes some of them. The first run downloads about a gigabyte.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { bootstrap, build, root, toolEnvironment } from "../bootstrap.mjs";
import { Refusal, runScript } from "../refusal.mjs";
import { installAgent } from "./install.mjs";
import { agentPackages } from "./versions.mjs";

const mostLines = 24;

function chosen() {
  const { values } = parseArgs({ options: { only: { type: "string" } } });
  const names = values.only?.split(",") ?? Object.keys(agentPackages);
  const unknown = names.find((name) => !(name in agentPackages));
  if (unknown) throw new Refusal(`There is no agent "${unknown}": ${Object.keys(agentPackages).join(", ")}`);
  return names;
}

/** What the agent's last screen of its last task showed, and which version that was. */
function printEnd(name, transcripts) {
  const file = path.join(transcripts, `${name}.txt`);
  const text = existsSync(file) ? readFileSync(file, "utf8") : "It has done no task.";
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  console.log(`\n${name} ${agentPackages[name].version}\n  ${lines.slice(-mostLines).join("\n  ")}`);
}

await runScript(async () => {
  const names = chosen();
  // Sessions run the built CLI.
  await bootstrap();
  await build();
  const folders = {};
  for (const name of names) folders[name] = await installAgent(name);
  const transcripts = mkdtempSync(path.join(tmpdir(), "orc-transcripts-"));
  const child = spawn(path.join(root, "node_modules/.bin/vitest"), ["run", "--project", "agents"], {
    cwd: root,
    env: {
      ...toolEnvironment(),
      ORCHESTRATIA_TEST_AGENTS: JSON.stringify(folders),
      ORCHESTRATIA_TEST_TRANSCRIPTS: transcripts,
    },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code] = await once(child, "exit");
  for (const name of names) printEnd(name, transcripts);
  rmSync(transcripts, { recursive: true });
  return code ?? 1;
});
