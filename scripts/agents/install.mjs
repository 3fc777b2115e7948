import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { Refusal } from "../refusal.mjs";
import { agentPackages } from "./versions.mjs";

/** Where the agents are installed, each version in a folder of its own; never in the repository. */
const agentsFolder = () => process.env.ORCHESTRATIA_AGENTS_DIR ?? path.join(homedir(), ".cache/orchestratia/agents");

/** The folder with the program of an agent; installs it there first when it is not yet. */
export async function installAgent(name) {
  const { package: packageName, version, program } = agentPackages[name];
  const folder = path.join(agentsFolder(), `${name}-${version}`);
  const bin = path.join(folder, "node_modules/.bin");
  if (!isThere(path.join(bin, program))) {
    mkdirSync(folder, { recursive: true });
    const manifest = path.join(folder, "package.json");
    if (!existsSync(manifest)) writeFileSync(manifest, '{ "private": true }\n');
    console.log(`Installing ${packageName} ${version} into ${folder}`);
    await npm(folder, "install", "--no-audit", "--no-fund", "--loglevel=error", `${packageName}@${version}`);
  }
  if (!isThere(path.join(bin, program))) throw new Refusal(`${packageName} ${version} brought no program "${program}"`);
  return bin;
}

function isThere(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function npm(cwd, ...args) {
  const child = spawn("npm", args, { cwd, stdio: ["ignore", "inherit", "inherit"] });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Refusal(`npm ${args.join(" ")} failed in ${cwd}`);
}
