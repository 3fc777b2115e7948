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

/** Where in these numbers is when the process began. */
const startTime = 18;

/** What a session's processes are known by: the one that leads it while it lives, and the session's id in their environment. */
export interface ProcessTree {
  leader: number | undefined;
  sessionId: string | undefined;
  /** Who belonged to it when it was looked at, for who loses its parents afterwards; without it nobody is remembered. */
  seen?: Set<string>;
}

/** Which processes belong to the tree; where /proc is missing the leader's process group, as a negative number. */
function membersOf(tree: ProcessTree): number[] {
  const { leader, seen } = tree;
  if (process.platform !== "linux") return leader === undefined ? [] : [-leader];
  const found = new Set(leader === undefined ? [] : [leader]);
  const children = new Map<number, number[]>();
  const keys = new Map<number, string>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      const numbers = numbersOfStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
      const [parent = 0, , session] = numbers;
      const key = `${pid} ${numbers[startTime]}`;
      keys.set(pid, key);
      children.set(parent, [...(children.get(parent) ?? []), pid]);
      if (pid === leader) continue;
      const isInSession = leader !== undefined && session === leader;
      if (isInSession || seen?.has(key) || hasMarker(pid, tree.sessionId)) found.add(pid);
    } catch {
      // It ended while we looked, or is somebody else's.
    }
  }
  // What has neither the terminal nor the environment is still known by who started it.
  for (const pid of found) for (const child of children.get(pid) ?? []) found.add(child);
  for (const pid of found) seen?.add(keys.get(pid) ?? "");
  return [...found];
}

/** A process that began a session of its own is still known by the environment that it was started with. */
function hasMarker(pid: number, sessionId: string | undefined): boolean {
  if (sessionId === undefined) return false;
  const environment = `\0${readFileSync(`/proc/${pid}/environ`, "utf8")}`;
  return environment.includes(`\0ORCHESTRATIA_SESSION_ID=${sessionId}\0`);
}

export const isTreeGone = (tree: ProcessTree): boolean => membersOf(tree).length === 0;

/** Signals every process of the tree once, background jobs and those that left the terminal too. */
export function signalTree(tree: ProcessTree, signal: NodeJS.Signals): void {
  const signalled = new Set<number>();
  // What is started while we look is found by looking again.
  for (let isNew = true; isNew; ) {
    isNew = false;
    for (const target of membersOf(tree)) {
      if (signalled.has(target)) continue;
      signalled.add(target);
      isNew = true;
      try {
        process.kill(target, signal);
      } catch {
        // Already gone.
      }
    }
  }
}

/** What tells a process from a later one with its number; undefined when it is gone, and where /proc is missing. */
export function startedAt(pid: number): number | undefined {
  try {
    return numbersOfStat(readFileSync(`/proc/${pid}/stat`, "utf8"))[startTime];
  } catch {
    return undefined;
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
