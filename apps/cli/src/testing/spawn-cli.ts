import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Ran } from "./run-in-process.ts";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));

export interface SpawnOptions {
  env?: Record<string, string>;
  stdin?: string;
  cwd?: string;
}

/** Starts the CLI as a process of its own, from its sources. */
export function startCli(argv: readonly string[], { env = {}, stdin = "", cwd }: SpawnOptions = {}) {
  const child = spawn(process.execPath, ["--import", "tsx", "--conditions=development", main, ...argv], {
    cwd,
    env: { PATH: process.env.PATH, HOME: "/nonexistent", ORCHESTRATIA_HOME: "/nonexistent", ...env },
  });
  // A command that reads nothing may be gone before its input is.
  child.stdin.on("error", () => {}).end(stdin);
  return child;
}

/** Runs the CLI as a process of its own to its end. */
export function spawnCli(argv: readonly string[], options?: SpawnOptions): Promise<Ran> {
  const child = startCli(argv, options);
  const written = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      written[name] += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject).on("close", (code) => resolve({ code: code ?? -1, ...written }));
  });
}
