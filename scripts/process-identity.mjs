import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * When a process started, in the system's own words: with the pid it names one process, where the pid alone may have
 * been given to another since. Undefined when no such process lives.
 */
export function processStart(pid) {
  if (process.platform !== "linux") {
    const { status, stdout } = spawnSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" });
    return status === 0 ? stdout.trim().replace(/\W+/g, "-") || undefined : undefined;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in brackets, which may hold anything.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** True while the very process that was given `pid` at `start` lives. */
export const isAlive = ({ pid, start }) => start !== undefined && processStart(pid) === start;
