import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

/** The hub as a process of its own, killed with the scope. */
export class HubProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  output = "";
  errors = "";
  readonly exit: Promise<number | null>;

  constructor(environment: Record<string, string>) {
    this.child = spawn(process.execPath, ["--conditions=development", "--import=tsx", MAIN], {
      env: { PATH: process.env.PATH ?? "", PORT: "0", ...environment },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.child.stdout?.on("data", (chunk) => {
      this.output += chunk;
    });
    this.child.stderr?.on("data", (chunk) => {
      this.errors += chunk;
    });
    this.exit = once(this.child, "exit").then(([code]) => code as number | null);
  }

  async ready(): Promise<{ url: string; setup_link: string | null }> {
    const [message] = await Promise.race([
      once(this.child, "message"),
      this.exit.then(() => Promise.reject(new Error(this.errors))),
    ]);
    return message as { url: string; setup_link: string | null };
  }

  /** As `kill -9` does, and waits until nothing of it runs. */
  async kill(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill("SIGKILL");
    await this.exit;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}

/** A hub's data folder, gone with the scope. */
export async function scratchHome() {
  const home = await mkdtemp(path.join(os.tmpdir(), "orchestratia-main-"));
  return { home, [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }) };
}
