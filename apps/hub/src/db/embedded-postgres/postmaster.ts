import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { executable } from "./binaries.ts";
import { serverEnvironment } from "./cluster.ts";
import type { Place } from "./place.ts";
import { commandLine, processStart } from "./process-identity.ts";

export interface PostmasterOptions {
  place: Place;
  port: number;
  logFile: string;
  /** Settings of Postgres beyond ours, such as `{ fsync: "off" }`. */
  settings: Record<string, string>;
  /** Variables for the server alone. */
  environment: Record<string, string>;
}

/** No process has it: it is beyond what systems count to. */
const NOBODYS_PID = 2_147_483_647;

const FAST_SHUTDOWN_MS = 30_000;
const IMMEDIATE_SHUTDOWN_MS = 5_000;

function command({ place, port, settings }: PostmasterOptions): [string, string[]] {
  const all = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    // A socket's path may not be longer than 107 bytes, which a long home exceeds; TCP is enough.
    unix_socket_directories: "",
    log_checkpoints: "off",
    cluster_name: "orchestratia",
    ...settings,
  };
  const flags = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return [executable(place.binaries, "postgres"), ["-D", place.dataFolder, ...flags]];
}

/**
 * Starts the server in a session of its own: a Ctrl-C in the hub's terminal does not reach it, so it goes last, and it
 * outlives a hub that is killed, without loss for whoever finds it.
 */
export function spawnPostmaster(options: PostmasterOptions): ChildProcess {
  const [file, args] = command(options);
  const log = openSync(options.logFile, "a", 0o600);
  try {
    const child = spawn(file, args, {
      ...options.place.owner,
      cwd: "/",
      env: { ...serverEnvironment, ...options.environment },
      detached: true,
      stdio: ["ignore", log, log],
    });
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

/** A server that runs on the data folder, whoever started it. */
export interface Postmaster {
  pid: number;
  port: number;
}

export async function findPostmaster(dataFolder: string): Promise<Postmaster | undefined> {
  const lines = await readPidFile(dataFolder);
  const [pid, port] = [Number(lines?.[0]), Number(lines?.[3])];
  if (!lines || !isPostmaster(pid, dataFolder)) return undefined;
  return { pid, port };
}

/** True while `pid` lives and is a server on this data folder, and not a stranger who was given its number. */
export const isPostmaster = (pid: number, dataFolder: string): boolean =>
  commandLine(pid)?.includes(`postgres -D ${dataFolder} `) === true;

/** True when the server runs just as we would start it: these binaries, this port, these settings. */
export function runsAs({ pid }: Postmaster, options: PostmasterOptions): boolean {
  const [file, args] = command(options);
  return commandLine(pid) === [file, ...args].join(" ").trim();
}

/**
 * Postgres does not start while the process that its pid file names is alive, be it a stranger. The file itself stays:
 * Postgres needs the rest of it to see whether remains of the former server still use its memory.
 */
export async function disownPidFile(dataFolder: string): Promise<void> {
  const lines = await readPidFile(dataFolder);
  if (!lines) return;
  await writeFile(pidFile(dataFolder), [NOBODYS_PID, ...lines.slice(1)].join("\n"));
}

const pidFile = (dataFolder: string): string => path.join(dataFolder, "postmaster.pid");

async function readPidFile(dataFolder: string): Promise<string[] | undefined> {
  try {
    return (await readFile(pidFile(dataFolder), "utf8")).split("\n");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Ends the server's connections, lets it write its data out, and waits until it is gone. */
export async function stopPostmaster(pid: number, dataFolder: string): Promise<void> {
  const steps = [
    ["SIGINT", FAST_SHUTDOWN_MS],
    ["SIGQUIT", IMMEDIATE_SHUTDOWN_MS],
    ["SIGKILL", IMMEDIATE_SHUTDOWN_MS],
  ] as const;
  if (!isPostmaster(pid, dataFolder)) return;
  // Its command line vanishes before its sockets do, so the end is seen by the process itself.
  const started = processStart(pid);
  for (const [signal, patienceMs] of steps) {
    if (processStart(pid) !== started) return;
    process.kill(pid, signal);
    const deadline = Date.now() + patienceMs;
    while (Date.now() < deadline) {
      if (processStart(pid) !== started) return;
      await delay(10);
    }
  }
  throw new Error(`Postgres (process ${pid}) does not stop`);
}
