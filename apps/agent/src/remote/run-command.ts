import { spawn } from "node:child_process";
import { homedir } from "node:os";

export const OUTPUT_MAX_BYTES = 1024 * 1024;
/** How long what it left behind may keep its output open when the shell itself has ended. */
const lastOutputMs = 250;

export interface CommandResult {
  /** -1: it was ended by the deadline, by a signal, or could not be started. */
  exit_code: number;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  /** The command's whole environment. */
  env: Record<string, string>;
  limitMs: number;
  /** Ends the command at once. */
  signal: AbortSignal;
}

/**
 * Runs a command line in /bin/sh with nothing on its standard input. Of each output 1 MiB is kept. When the shell ends,
 * the deadline comes or `signal` fires, everything in the command's process group is killed: nothing goes on behind its
 * result. Never rejects.
 */
export function runCommand(command: string, { env, limitMs, signal }: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn("/bin/sh", ["-c", command], {
      cwd: homedir(),
      env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const stdout = new KeptOutput();
    const stderr = new KeptOutput();
    child.stdout.on("data", (bytes: Buffer) => stdout.add(bytes));
    child.stderr.on("data", (bytes: Buffer) => stderr.add(bytes));

    let reason: string | undefined;
    const end = (why: string) => {
      reason ??= why;
      killGroup(child.pid);
    };
    const stopped = () => end("The daemon is stopping.");
    const deadline = setTimeout(() => end(`It was killed after ${Math.round(limitMs / 1000)} s.`), limitMs);
    signal.addEventListener("abort", stopped, { once: true });
    if (signal.aborted) stopped();

    const finish = (exitCode: number | null, remark: string | undefined) => {
      clearTimeout(deadline);
      signal.removeEventListener("abort", stopped);
      killGroup(child.pid);
      child.stdout.destroy();
      child.stderr.destroy();
      const remarks = [remark, stdout.remark("standard output"), stderr.remark("standard error")];
      resolve({
        exit_code: remark === undefined ? (exitCode ?? -1) : -1,
        stdout: stdout.text(),
        stderr: withRemarks(stderr.text(), remarks),
      });
    };
    child.on("error", (error) => finish(null, `It could not be started: ${error.message}`));
    child.on("exit", (code, killedBy) => {
      const remark = reason ?? (killedBy === null ? undefined : `It was ended by ${killedBy}.`);
      const open = setTimeout(() => finish(code, remark), lastOutputMs);
      child.on("close", () => {
        clearTimeout(open);
        finish(code, remark);
      });
    });
  });
}

function withRemarks(stderr: string, remarks: (string | undefined)[]): string {
  const said = remarks.filter((remark) => remark !== undefined).map((remark) => `[orchestratia] ${remark}\n`);
  return said.length === 0 || stderr === "" || stderr.endsWith("\n")
    ? stderr + said.join("")
    : `${stderr}\n${said.join("")}`;
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nobody is left in it.
  }
}

/** The beginning of an output; what comes behind it is read, so that the program goes on, and dropped. */
class KeptOutput {
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #isCut = false;

  add(bytes: Buffer): void {
    const room = OUTPUT_MAX_BYTES - this.#size;
    if (bytes.length > room) this.#isCut = true;
    if (room <= 0) return;
    this.#chunks.push(bytes.subarray(0, room));
    this.#size += Math.min(bytes.length, room);
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }

  remark(name: string): string | undefined {
    return this.#isCut ? `Its ${name} was cut after 1 MiB.` : undefined;
  }
}
