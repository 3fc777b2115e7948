import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/**
 * When a process started, in the system's own words: with the pid it names one process, where the pid alone may have
 * been given to another since. Undefined when no such process lives.
 */
export function processStart(pid) {
  if (process.platform !== "linux") return ps(pid, "lstart=")?.replace(/\W+/g, "-");
  const fields = statOf(pid);
  return fields === undefined || fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
}

export function parentOf(pid) {
  return Number(process.platform === "linux" ? statOf(pid)?.[1] : ps(pid, "ppid="));
}

/** A process's command line, its words joined by spaces; undefined when it does not live (any more). */
export function commandLine(pid) {
  if (process.platform !== "linux") return ps(pid, "command=");
  return readProc(pid, "cmdline")?.split("\0").join(" ").trim() || undefined;
}

/** True while the very process that was given `pid` at `start` lives. */
export const isAlive = ({ pid, start }) => start !== undefined && processStart(pid) === start;

/** Signals a process and waits until it is gone, step by step: `[["SIGTERM", 5_000], ["SIGKILL", 1_000]]`. */
export async function endProcess(pid, steps) {
  const identity = { pid, start: processStart(pid) };
  for (const [signal, patienceMs] of steps) {
    if (!isAlive(identity)) return;
    if (signal) process.kill(pid, signal);
    for (const since = Date.now(); isAlive(identity) && Date.now() - since < patienceMs; ) await delay(20);
  }
}

/** The fields of `/proc/<pid>/stat` from the state on. */
function statOf(pid) {
  const stat = readProc(pid, "stat");
  // The second field is the program's name in brackets, which may hold anything.
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function readProc(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined;
  }
}

function ps(pid, column) {
  const { status, stdout } = spawnSync("ps", ["-ww", "-o", column, "-p", String(pid)], { encoding: "utf8" });
  return status === 0 ? stdout.trim() || undefined : undefined;
}
