/**
 * `node scripts/docs.mjs` rewrites the parts of docs/ that mirror the code; `--check` writes nothing and fails when one is
 * out of date. A part stands between `<!-- generated: name -->` and `<!-- /generated -->`.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Refusal, runScript } from "./refusal.mjs";

/** The sources are TypeScript, and the packages' own imports mean their sources, not what was built of them. */
const flags = ["--import", import.meta.resolve("tsx"), "--conditions=development"];

await runScript(async () => {
  if (!process.execArgv.includes("--conditions=development")) {
    const args = [...flags, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
    return spawnSync(process.execPath, args, { stdio: "inherit" }).status ?? 1;
  }
  const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
  const { stalePages, writePages } = await import("./docs/pages.ts");
  if (!values.check) {
    for (const page of await writePages()) console.log(`Wrote ${page}`);
    return;
  }
  const stale = await stalePages();
  if (stale.length === 0) return;
  throw new Refusal(`Out of date: ${stale.join(", ")}. After a look at what changed: node scripts/docs.mjs`);
});
