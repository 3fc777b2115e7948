import { type ChildProcess, spawn } from "node:child_process";
import { StringDecoder } from "node:string_decoder";
import { signalTree } from "../terminals/holder/process-session.ts";

/** How long what it left behind may keep its output open when the program itself has ended. */
const lastOutputMs = 250;

export interface ProgramOptions {
  cwd: string;
  /** The program's whole environment, but for `mark`. */
  env: Record<string, string>;
  /** Every process of it bears this in its environment; what an earlier program of the same mark has left is ended first. */
  mark: string;
  /** What left its process group goes on when it ended by itself, as a database does that it has started. */
  leavesServices?: boolean;
  limitMs: number;
  /** Ends the program at once. */
  signal: AbortSignal;
  onOutput: (stream: "stdout" | "stderr", text: string) => void;
}

export interface ProgramEnd {
  /** null: it was ended by a signal or could not be started. */
  exitCode: number | null;
  signal: string | null;
  durationMs: number;
  isLate: boolean;
}

/**
 * Runs a program with nothing on its standard input and hands on what it prints, as it comes. When it ends, its time is up
 * or `signal` fires, everything that it started is killed, what left its process group too: see `leavesServices`. Never
 * rejects.
 */
export function runProgram(file: string, args: readonly string[], options: ProgramOptions): Promise<ProgramEnd> {
  const { cwd, limitMs, signal, onOutput, mark } = options;
  const env = { ...options.env, ORCHESTRATIA_SESSION_ID: mark };
  const began = performance.now();
  killMarked(mark);
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const rests = (["stdout", "stderr"] as const).map((stream) => {
      const decoder = new StringDecoder("utf8");
      child[stream].on("data", (bytes: Buffer) => hand(decoder.write(bytes)));
      const hand = (text: string) => {
        if (text !== "") onOutput(stream, text.replaceAll("\0", ""));
      };
      return () => hand(decoder.end());
    });
    let isLate = false;
    const end = () => {
      killGroup(child);
      killMarked(mark);
    };
    const deadline = setTimeout(() => {
      isLate = true;
      end();
    }, limitMs);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();

    const finish = (exitCode: number | null, killedBy: string | null) => {
      if (exitCode !== null && options.leavesServices) killGroup(child);
      else end();
      clearTimeout(deadline);
      signal.removeEventListener("abort", end);
      child.stdout.destroy();
      child.stderr.destroy();
      for (const rest of rests) rest();
      resolve({ exitCode, signal: killedBy, durationMs: Math.round(performance.now() - began), isLate });
    };
    child.on("error", (error) => {
      onOutput("stderr", `[orchestratia] It could not be started: ${error.message}\n`);
      finish(null, null);
    });
    child.on("exit", (exitCode, killedBy) => {
      const open = setTimeout(() => finish(exitCode, killedBy), lastOutputMs);
      child.on("close", () => {
        clearTimeout(open);
        finish(exitCode, killedBy);
      });
    });
  });
}

/** A daemon that was killed ended nothing of what it ran. Sessions have ids, which no mark looks like. */
const killMarked = (mark: string): void => signalTree({ leader: undefined, sessionId: mark }, "SIGKILL");

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    // Nobody is left in it.
  }
}
