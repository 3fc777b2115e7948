/**
 * `pnpm check`: the whole gate, one check after the other, on a tree that is built. All run, whatever fails; the last
 * line counts. `--only biome,types` runs some of them.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { root, toolEnvironment } from "./bootstrap.mjs";
import { findChromium, howToInstall } from "./check/chromium.mjs";
import { closingLine, none, ofExit, ofReport, sum } from "./check/counts.mjs";
import { Refusal, runScript } from "./refusal.mjs";

const scratch = mkdtempSync(path.join(tmpdir(), "orchestratia-check-"));

const checks = {
  biome: () => tool("biome", "check", "--error-on-warnings"),
  types: () => tool("tsc", "-b"),
  "types-tests": () => tool("tsc", "-p", "tsconfig.tests.json"),
  "types-dashboard": () => tool("tsc", "-p", "apps/dashboard"),
  "types-benches": () => tool("tsc", "-p", "benches"),
  knip: () => tool("knip"),
  docs: () => script("docs.mjs", "--check"),
  unit: () => vitest("unit"),
  start: () => vitest("start"),
  browser,
};

/** Runs a program of the workspace; its exit code is the verdict. */
async function tool(name, ...args) {
  return ofExit(await succeeds(binary(name), args));
}

const script = async (name, ...args) =>
  ofExit(await succeeds(process.execPath, [path.join(root, "scripts", name), ...args]));

async function vitest(project, env = {}) {
  const report = path.join(scratch, `${project}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const ok = await succeeds(binary("vitest"), ["run", "--project", project, ...reporters], env);
  return ofReport(report, ok);
}

function browser() {
  if (process.env.ORCHESTRATIA_SKIP_BROWSER === "1") {
    console.log("Skipped, since ORCHESTRATIA_SKIP_BROWSER=1");
    return { ...none, skipped: 1 };
  }
  const chromium = findChromium();
  if (chromium) return vitest("browser", { CHROMIUM_PATH: chromium });
  console.log(howToInstall);
  return ofExit(false);
}

const binary = (name) => path.join(root, "node_modules/.bin", name);

async function succeeds(program, args, env = {}) {
  const child = spawn(program, args, {
    cwd: root,
    env: { ...toolEnvironment(), ...env },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code] = await once(child, "exit");
  return code === 0;
}

function chosen() {
  const { values } = parseArgs({ options: { only: { type: "string" } } });
  const names = values.only?.split(",") ?? Object.keys(checks);
  const unknown = names.find((name) => !(name in checks));
  if (unknown) throw new Refusal(`There is no check "${unknown}": ${Object.keys(checks).join(", ")}`);
  return names;
}

/** Returns the exit code. */
export async function check() {
  const results = [];
  try {
    for (const name of chosen()) {
      console.log(`\n── ${name}`);
      const since = Date.now();
      const counts = await checks[name]();
      results.push({ name, counts, seconds: (Date.now() - since) / 1_000 });
    }
  } finally {
    rmSync(scratch, { recursive: true });
  }
  console.log("\n── in all");
  for (const { name, counts, seconds } of results) {
    console.log(`${counts.failed > 0 ? "✗" : "✓"} ${name.padEnd(16)} ${closingLine(counts)} (${seconds.toFixed(1)} s)`);
  }
  const total = sum(results.map(({ counts }) => counts));
  console.log(`\n${closingLine(total)}`);
  return total.failed > 0 ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runScript(check);
