import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Terminals } from "../terminals/terminals.ts";
import type { KillPoint } from "./killed-at.ts";
import { sourceHolderCommand, tsxFlags } from "./test-terminals.ts";

/** The daemon as a process, with a home of its own; whatever it leaves behind is ended. */
export function testHome() {
  const home = mkdtempSync(join(tmpdir(), "orc-agent-"));
  const children: ChildProcess[] = [];
  const start = (flags: string[], env: Record<string, string>, args: string[]) => {
    const child = spawn(
      process.execPath,
      [...tsxFlags, ...flags, fileURLToPath(new URL("../main.ts", import.meta.url)), ...args],
      { env: { ...process.env, ORCHESTRATIA_HOME: home, ...env }, stdio: ["ignore", "pipe", "pipe", "ipc"] },
    );
    children.push(child);
    let said = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    const code = new Promise<number | null>((resolve) => child.once("exit", resolve));
    return { child, code, said: () => said };
  };
  return {
    home,
    configPath: join(home, "agent", "agent.yaml"),
    sessions: () => readdirSync(join(home, "agent", "sessions")),
    run: (...args: string[]) => start([], {}, args),
    /** Runs it until it is killed at this point of typing work into a session. */
    runUntilKilled: (point: KillPoint) =>
      start(["--import", new URL("./killed-at.ts", import.meta.url).href], { KILLED_AT: point }, []),
    async [Symbol.asyncDispose]() {
      for (const child of children) child.kill("SIGKILL");
      if (existsSync(join(home, "agent"))) {
        const rest = new Terminals(join(home, "agent"), sourceHolderCommand);
        await rest.adopt();
        await rest.closeAll();
      }
      rmSync(home, { recursive: true, force: true });
    },
  };
}
