/**
 * `npm run test:agents`: the contract of docs/agents.md with the real agents from npm, and tasks of a whole hub done by them,
 * against a model endpoint of our own. `-- --only claude,codex` takes some of them. The first run downloads about a gigabyte.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { parseArgs } from "node:util";
import { bootstrap, build, root, toolEnvironment } from "../bootstrap.mjs";
import { Refusal, runScript } from "../refusal.mjs";
import { installAgent } from "./install.mjs";
import { agentPackages } from "./versions.mjs";

function chosen() {
  const { values } = parseArgs({ options: { only: { type: "string" } } });
  const names = values.only?.split(",") ?? Object.keys(agentPackages);
  const unknown = names.find((name) => !(name in agentPackages));
  if (unknown) throw new Refusal(`There is no agent "${unknown}": ${Object.keys(agentPackages).join(", ")}`);
  return names;
}

await runScript(async () => {
  const names = chosen();
  // Sessions run the built CLI.
  await bootstrap();
  await build();
  const folders = {};
  for (const name of names) folders[name] = await installAgent(name);
  const child = spawn(path.join(root, "node_modules/.bin/vitest"), ["run", "--project", "agents"], {
    cwd: root,
    env: { ...toolEnvironment(), ORCHESTRATIA_TEST_AGENTS: JSON.stringify(folders) },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code] = await once(child, "exit");
  return code ?? 1;
});
