/** `npm run bench [-- NAME …]`: the measurements of benches/, one after the other; each prints ratios to a baseline of its own run. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { bootstrap, build, root } from "./bootstrap.mjs";

const BENCHES = [
  "matching",
  "cascade",
  "push",
  "rest",
  "idle",
  "neighbours",
  "terminal-echo",
  "terminal-neighbour",
  "terminal-flood",
  "terminal-bytes",
  "terminal-fan-out",
  "terminal-stalled",
  "terminal-late",
  "terminal-many",
];
const given = process.argv.slice(2);
const named = given.filter((argument) => !argument.startsWith("--"));
const options = given.filter((argument) => argument.startsWith("--"));

await bootstrap();
await build();
for (const name of named.length > 0 ? named : BENCHES) {
  const script = path.join(root, "benches", `${name}.ts`);
  const child = spawn(process.execPath, ["--conditions=development", "--import", "tsx", script, ...options], {
    cwd: root,
    stdio: "inherit",
  });
  const [code] = await once(child, "exit");
  if (code !== 0) process.exit(code ?? 1);
}
