import { execFile, execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setImmediate as breath } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Terminals must not wait for us: after so many processes others get their turn. */
const atOnce = 50;
const psLimitMs = 5000;
const usualPageBytes = 4096;

/** The unit in which the kernel says resident memory. */
const pageBytes = ((): number => {
  if (process.platform !== "linux") return usualPageBytes;
  try {
    return Number(execFileSync("getconf", ["PAGESIZE"], { encoding: "utf8", timeout: psLimitMs })) || usualPageBytes;
  } catch {
    return usualPageBytes;
  }
})();

export interface Process {
  pid: number;
  parent: number;
  group: number;
  /** The terminal's session, by the number of the process that leads it; 0 where that cannot be told. */
  session: number;
  /** With its number it names a process for ever: numbers are given again. */
  startedAt: string;
  /** What it has in memory, shared pages counted in full. */
  residentBytes: number;
}

/** Every process of this machine that can be seen. */
export const readProcesses = (): Promise<Process[]> => (process.platform === "linux" ? readProcFolder() : askPs());

async function readProcFolder(): Promise<Process[]> {
  const found: Process[] = [];
  for (const [at, name] of readdirSync("/proc").entries()) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    if (at % atOnce === 0) await breath();
    const read = readStat(pid);
    if (read) found.push(read);
  }
  return found;
}

function readStat(pid: number): Process | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Counted from the state, behind the name, which may hold spaces and brackets; see proc_pid_stat(5).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const number = (at: number): number => Number(fields[at]);
    return {
      pid,
      parent: number(1),
      group: number(2),
      session: number(3),
      startedAt: fields[19] ?? "",
      residentBytes: number(21) * pageBytes,
    };
  } catch {
    return undefined; // it ended while we looked
  }
}

async function askPs(): Promise<Process[]> {
  const { stdout } = await run("ps", ["-axo", "pid=,ppid=,pgid=,rss=,lstart="], { timeout: psLimitMs });
  return stdout.split("\n").flatMap((line) => {
    const [, pid, parent, group, kilobytes, startedAt = ""] =
      /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    if (pid === undefined) return [];
    const residentBytes = Number(kilobytes) * 1024;
    return [{ pid: Number(pid), parent: Number(parent), group: Number(group), session: 0, startedAt, residentBytes }];
  });
}

/** What `name` was in the environment that `pid` was started with; undefined where that cannot be seen. */
export function environmentOf(pid: number, name: string): string | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const environment = `\0${readFileSync(`/proc/${pid}/environ`, "utf8")}`;
    const at = environment.indexOf(`\0${name}=`);
    if (at < 0) return undefined;
    const begin = at + name.length + 2;
    return environment.slice(begin, environment.indexOf("\0", begin));
  } catch {
    return undefined; // somebody else's, or gone
  }
}

/** Its share of memory: of a page that n processes have, each counts the n-th part. Undefined where nobody says that. */
export function sharedOutBytes(pid: number): number | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const kilobytes = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
