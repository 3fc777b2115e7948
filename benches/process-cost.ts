import { readdirSync, readFileSync } from "node:fs";

/** CPU time of a process so far, all threads, ms; exact where ticks would be too coarse. */
export function cpuMs(pid: number): number {
  let ns = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      ns += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
    } catch {
      // It ended in between.
    }
  }
  return ns / 1e6;
}

const sizeOf = (pid: number, file: string, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(readFileSync(`/proc/${pid}/${file}`, "utf8"))?.[1]);

/** Resident memory, KB. */
export const residentKb = (pid: number): number => sizeOf(pid, "status", "VmRSS");

/** Resident memory with what is shared divided among those who share it, KB. */
export const proportionalKb = (pid: number): number => sizeOf(pid, "smaps_rollup", "Pss");

/** The processes that hold a daemon's terminals, the oldest first. */
export function holdersOf(daemon: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .toSorted((left, right) => left - right)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
        return parent === daemon && readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith("orchestratia-holder");
      } catch {
        // It ended in between.
        return false;
      }
    });
}
