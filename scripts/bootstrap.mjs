/**
 * Brings a clone to where its own tools run: the pinned pnpm in `.tools/bin`, the packages in `node_modules`. Needs
 * nothing but Node and npm, and does nothing when nothing changed. `node scripts/bootstrap.mjs` runs it by itself.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { claim } from "./claim.mjs";
import { Refusal, runScript } from "./refusal.mjs";

export const root = path.resolve(fileURLToPath(new URL("..", import.meta.url)));
const tools = path.join(root, ".tools");
const bin = path.join(tools, "bin");

const INSTALL_PATIENCE_MS = 15 * 60_000;
const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

/** The environment for pnpm, turbo and what they run: our pnpm first, no telemetry, no questions. */
export function toolEnvironment() {
  const { NODE_ENV: _, ...env } = process.env;
  return {
    ...env,
    PATH: [bin, path.dirname(process.execPath), env.PATH ?? ""].join(path.delimiter),
    DO_NOT_TRACK: "1",
    TURBO_TELEMETRY_DISABLED: "1",
    TURBO_NO_UPDATE_NOTIFIER: "1",
    NEXT_TELEMETRY_DISABLED: "1",
    CHECKPOINT_DISABLE: "1",
    COREPACK_ENABLE_DOWNLOAD_PROMPT: "0",
    COREPACK_ENABLE_AUTO_PIN: "0",
    // What .npmrc silences for `npm run` must still be heard when an installation fails.
    npm_config_loglevel: "info",
    npm_config_update_notifier: "false",
  };
}

/** Runs `work` while no other process installs or builds in this clone. */
export async function alone(work) {
  let told = false;
  const held = await claim(path.join(tools, "claims"), "build", ({ pid }, waitedMs) => {
    if (!told) console.log(`Waiting for process ${pid}, which installs or builds in this folder`);
    told = true;
    return waitedMs < INSTALL_PATIENCE_MS;
  });
  if (held.holder) throw new Refusal(`process ${held.holder.pid} installs or builds here and does not come to an end`);
  try {
    return await work();
  } finally {
    held.release();
  }
}

export function bootstrap() {
  requireNode();
  return alone(async () => {
    await providePnpm();
    await install();
  });
}

/** Builds what changed, in silence when that is nothing. */
export const build = () =>
  alone(async () => {
    const notice = setTimeout(() => console.log("Building what changed (about a minute the first time)"), 2_000);
    const turbo = path.join(root, "node_modules/.bin/turbo");
    try {
      await run(turbo, ["run", "build", "--output-logs=errors-only"], "The build failed", { quiet: true });
    } finally {
      clearTimeout(notice);
    }
  });

function requireNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new Refusal(`Orchestratia needs Node 20.19 or later; this is ${process.version}. See https://nodejs.org`);
}

function pinned() {
  const { packageManager } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  const [, version, sha512] = /^pnpm@([^+]+)\+sha512\.([0-9a-f]+)$/.exec(packageManager) ?? [];
  if (!version) throw new Error(`packageManager in package.json pins no pnpm with its sha512: ${packageManager}`);
  return { version, sha512 };
}

/** Puts the pinned pnpm into `.tools/bin`: by corepack where Node brings it, else by npm. A global pnpm is not asked. */
async function providePnpm() {
  const { version, sha512 } = pinned();
  const pnpm = path.join(bin, "pnpm");
  const stamp = path.join(tools, "pnpm-stamp");
  const facts = () => (existsSync(pnpm) ? `${version} ${realpathSync(pnpm)} ${process.version}` : undefined);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === facts()) return;

  const works = () => existsSync(pnpm) && capture(pnpm, ["--version"]) === version;
  if (!works()) {
    console.log(`Getting pnpm ${version}`);
    mkdirSync(bin, { recursive: true });
    if (!(byCorepack() && works())) await byNpm(version, sha512);
    if (!works()) throw new Refusal(`pnpm ${version} could not be installed into ${bin}`);
  }
  writeFileSync(stamp, facts());
}

function byCorepack() {
  rmSync(path.join(bin, "pnpm"), { force: true });
  return ["corepack", path.join(path.dirname(process.execPath), "corepack")].some(
    (corepack) => capture(corepack, ["enable", "--install-directory", bin, "pnpm"]) !== undefined,
  );
}

async function byNpm(version, sha512) {
  const cli = process.env.npm_execpath ?? "";
  const [command, ...before] = /npm-cli\.[cm]?js$/.test(cli) ? [process.execPath, cli] : ["npm"];
  const args = ["install", "--prefix", tools, "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"];
  await run(command, [...before, ...args, `pnpm@${version}`], "npm could not install pnpm");
  const { packages } = JSON.parse(readFileSync(path.join(tools, "node_modules/.package-lock.json"), "utf8"));
  const expected = `sha512-${Buffer.from(sha512, "hex").toString("base64")}`;
  if (packages["node_modules/pnpm"]?.integrity !== expected) {
    rmSync(path.join(tools, "node_modules"), { recursive: true, force: true });
    throw new Refusal(`the registry's pnpm ${version} is not the one that package.json pins`);
  }
  const link = path.join(bin, "pnpm");
  rmSync(link, { force: true });
  symlinkSync("../node_modules/pnpm/bin/pnpm.cjs", link);
}

/** Installs the packages when the lockfile, a manifest or Node changed since the last time. */
async function install() {
  const stamp = path.join(root, "node_modules/.orchestratia-install");
  const wanted = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  console.log("Installing packages");
  rmSync(stamp, { force: true });
  await run(path.join(bin, "pnpm"), ["install", "--frozen-lockfile", "--prod=false"], "pnpm install failed");
  writeFileSync(stamp, wanted);
}

function fingerprint() {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch} ${process.versions.modules}\n`);
  const manifests = [".", ...workspaceFolders()].map((folder) => path.join(folder, "package.json"));
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc", ...manifests]) {
    const found = path.join(root, file);
    if (existsSync(found)) hash.update(`${file}\n`).update(readFileSync(found));
  }
  return hash.digest("hex");
}

/** Every folder that may hold a package: the root's, and those one level further down. */
function workspaceFolders() {
  const foldersIn = (parent) =>
    readdirSync(path.join(root, parent), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "node_modules")
      .map((entry) => path.join(parent, entry.name))
      .sort();
  return foldersIn(".").flatMap((folder) => [folder, ...foldersIn(folder)]);
}

const options = (extra) => ({ cwd: root, env: toolEnvironment(), ...extra });

/** What the command prints, or undefined when it fails. */
function capture(command, args) {
  const { status, stdout } = spawnSync(command, args, options({ encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }));
  return status === 0 ? stdout.trim() : undefined;
}

/**
 * Runs a tool; throws a `Refusal` that begins with `failure` when it does not succeed. With `quiet` what it says is only
 * shown then.
 */
async function run(command, args, failure, { quiet = false } = {}) {
  const output = quiet ? "pipe" : "inherit";
  const child = spawn(command, args, options({ stdio: ["ignore", output, output] }));
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => said.push(chunk));
  let told;
  const stop = (signal) => {
    told = signal;
    child.kill(signal);
  };
  for (const signal of STOP_SIGNALS) process.on(signal, stop);
  const [code, signal] = await once(child, "close").catch((error) => {
    throw new Refusal(`${failure}: ${error.message}`);
  });
  for (const each of STOP_SIGNALS) process.off(each, stop);
  if (told) throw new Refusal("Stopped");
  if (code === 0) return;
  process.stderr.write(Buffer.concat(said));
  throw new Refusal(`${failure} (${signal ?? `exit code ${code}`}); what it said is above`);
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await runScript(bootstrap);
