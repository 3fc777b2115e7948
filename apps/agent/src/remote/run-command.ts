import { spawn } from "node:child_process";
import { homedir } from "node:os";
import { LastOutput } from "./last-output.ts";
import type { LiveOutput, OutputName } from "./live-output.ts";

export const OUTPUT_MAX_BYTES = 1024 * 1024;
/** How long behind the deadline a reader may take to have what was printed before it. */
const lastTakenMs = 5_000;

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
  /** Ends the command at once; its reason, where that is a sentence, is told in the result. */
  signal: AbortSignal;
  /** Takes both outputs as they come, so that the result holds neither; a slow one slows the command. */
  live?: LiveOutput | undefined;
}

/**
 * Runs a command line in /bin/sh with nothing on its standard input. Of each output 1 MiB is kept. When the shell ends,
 * the deadline comes or `signal` fires, everything in the command's process group is killed: nothing goes on behind its
 * result. Never rejects.
 */
export function runCommand(command: string, { env, limitMs, signal, live }: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn("/bin/sh", ["-c", command], {
      cwd: homedir(),
      env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const lastOutput = new LastOutput();
    const hold = (room: Promise<void> | undefined) => {
      if (!room) return;
      lastOutput.paused();
      for (const pipe of [child.stdout, child.stderr]) pipe.pause();
      void room.then(() => {
        lastOutput.resumed();
        for (const pipe of [child.stdout, child.stderr]) pipe.resume();
      });
    };
    const hand = (name: OutputName) => live && ((bytes: Buffer) => hold(live.add(name, bytes)));
    const stdout = new KeptOutput(hand("stdout"));
    const stderr = new KeptOutput(hand("stderr"));
    for (const [pipe, kept] of [
      [child.stdout, stdout],
      [child.stderr, stderr],
    ] as const) {
      pipe.on("data", (bytes: Buffer) => {
        lastOutput.came();
        kept.add(bytes);
      });
    }

    let reason: string | undefined;
    let leave: NodeJS.Timeout | undefined;
    let isGroupGone = false;
    const end = (why: string) => {
      reason ??= why;
      if (!isGroupGone) killGroup(child.pid);
    };
    // Once, since its number may be another's by the time that a slow reader has everything.
    const endGroup = () => {
      if (!isGroupGone) killGroup(child.pid);
      isGroupGone = true;
    };
    const stopped = () => {
      end(typeof signal.reason === "string" ? signal.reason : "The daemon is stopping.");
      live?.drop();
    };
    const deadline = setTimeout(() => {
      end(`It was killed after ${Math.round(limitMs / 1000)} s.`);
      leave = setTimeout(() => live?.drop(), lastTakenMs);
    }, limitMs);
    signal.addEventListener("abort", stopped, { once: true });
    if (signal.aborted) stopped();

    let isFinished = false;
    const finish = async (exitCode: number | null, remark: string | undefined) => {
      if (isFinished) return;
      isFinished = true;
      lastOutput[Symbol.dispose]();
      endGroup();
      child.stdout.destroy();
      child.stderr.destroy();
      await live?.end();
      clearTimeout(deadline);
      clearTimeout(leave);
      signal.removeEventListener("abort", stopped);
      const remarks = [remark, stdout.remark("standard output"), stderr.remark("standard error")];
      resolve({
        exit_code: remark === undefined ? (exitCode ?? -1) : -1,
        stdout: stdout.text(),
        stderr: withRemarks(stderr, remarks),
      });
    };
    child.on("error", (error) => finish(null, `It could not be started: ${error.message}`));
    child.on("exit", (code, killedBy) => {
      const remark = reason ?? (killedBy === null ? undefined : `It was ended by ${killedBy}.`);
      const done = () => void finish(code, remark);
      lastOutput.wait({ looked: endGroup, done });
      child.on("close", done);
    });
  });
}

function withRemarks(stderr: KeptOutput, remarks: (string | undefined)[]): string {
  const said = remarks.filter((remark) => remark !== undefined).map((remark) => `[orchestratia] ${remark}\n`);
  return stderr.text() + (said.length === 0 || stderr.endsItsLine ? "" : "\n") + said.join("");
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
  readonly #hand: ((bytes: Buffer) => void) | undefined;
  #size = 0;
  #isCut = false;
  endsItsLine = true;

  /** With `hand`, which gets it at once, nothing is kept here. */
  constructor(hand: ((bytes: Buffer) => void) | undefined) {
    this.#hand = hand;
  }

  add(bytes: Buffer): void {
    const room = OUTPUT_MAX_BYTES - this.#size;
    if (bytes.length > room) this.#isCut = true;
    if (room <= 0) return;
    const kept = bytes.subarray(0, room);
    this.#size += kept.length;
    this.endsItsLine = kept.at(-1) === 10;
    if (this.#hand) this.#hand(kept);
    else this.#chunks.push(kept);
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }

  remark(name: string): string | undefined {
    return this.#isCut ? `Its ${name} was cut after 1 MiB.` : undefined;
  }
}
