import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The numbers behind the command's name in /proc/<pid>/stat; the name may hold spaces and brackets. */
const numbersOfStat = (stat: string): number[] =>
  stat
    .slice(stat.lastIndexOf(")") + 4)
    .split(" ")
    .map(Number);

/** What to signal to reach the session that `leader` leads: its processes, or where /proc is missing its process group. */
function targetsOfSession(leader: number): number[] {
  if (process.platform !== "linux") return [-leader];
  const found = [leader];
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === leader) continue;
    try {
      const [, , session] = numbersOfStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
      if (session === leader) found.push(pid);
    } catch {
      // It ended while we looked.
    }
  }
  return found;
}

/** Signals every process of the session that `leader` leads, background jobs too. */
export function signalSession(leader: number, signal: NodeJS.Signals): void {
  for (const target of targetsOfSession(leader)) {
    try {
      process.kill(target, signal);
    } catch {
      // Already gone.
    }
  }
}

/** Whether `pid` is in the foreground process group of its terminal, or null when that cannot be told. */
export async function isForeground(pid: number): Promise<boolean | null> {
  try {
    if (process.platform === "linux") {
      const [, group, , , foreground] = numbersOfStat(await readFile(`/proc/${pid}/stat`, "utf8"));
      return group === foreground;
    }
    const { stdout } = await run("ps", ["-o", "pgid=,tpgid=", "-p", String(pid)], { timeout: 2000 });
    const [group, foreground] = stdout.trim().split(/\s+/);
    return group === foreground;
  } catch {
    return null;
  }
}
