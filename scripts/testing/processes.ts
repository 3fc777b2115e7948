import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface FoundProcess {
  pid: number;
  command: string;
}

/**
 * The living processes that belong to an instance: those that name its home in their command line or their environment,
 * work in it, or hold a file of it open (as Postgres does with its log, wherever its data lies). Linux only.
 */
export function processesOf(home: string): FoundProcess[] {
  const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  return pids.filter((pid) => pid !== process.pid && belongsTo(pid, home)).flatMap(describe);
}

function belongsTo(pid: number, home: string): boolean {
  const said = [read(pid, "cmdline"), read(pid, "environ")].some((text) => text.includes(home));
  return said || opened(pid).some((file) => file.startsWith(home));
}

function opened(pid: number): string[] {
  try {
    const files = readdirSync(`/proc/${pid}/fd`).map((fd) => `/proc/${pid}/fd/${fd}`);
    return [`/proc/${pid}/cwd`, ...files].flatMap((link) => {
      try {
        return [readlinkSync(link)];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}

function describe(pid: number): FoundProcess[] {
  const command = read(pid, "cmdline").split("\0").join(" ").trim();
  // Of a process that has ended but was not collected yet there is no command line.
  return command === "" ? [] : [{ pid, command }];
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
