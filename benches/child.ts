import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface Child extends AsyncDisposable {
  process: ChildProcess;
  pid: number;
  /** What it said first. */
  said: unknown;
}

interface Start {
  env?: Record<string, string>;
  flags?: string[];
}

/** A Node process that says over its channel when it is ready; it is asked to leave, and waited for. */
export async function startChild(
  file: string,
  args: string[] = [],
  { env = {}, flags = [] }: Start = {},
): Promise<Child> {
  const isSource = file.endsWith(".ts");
  const runner = isSource ? ["--conditions=development", "--import", "tsx"] : [];
  const child = spawn(process.execPath, [...flags, ...runner, file, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const [said] = (await Promise.race([
    once(child, "message"),
    once(child, "exit").then(([code]) => Promise.reject(new Error(`${file} ended with ${code}`))),
  ])) as [unknown];
  return {
    process: child,
    pid: child.pid as number,
    said,
    async [Symbol.asyncDispose]() {
      await stopChild(child);
    },
  };
}

export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}

export const beside = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
