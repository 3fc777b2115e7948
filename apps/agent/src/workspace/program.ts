import { type ChildProcess, spawn } from "node:child_process";
import { StringDecoder } from "node:string_decoder";

/** How long what it left behind may keep its output open when the program itself has ended. */
const lastOutputMs = 250;

export interface ProgramOptions {
  cwd: string;
  /** The program's whole environment. */
  env: Record<string, string>;
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
 * or `signal` fires, everything in its process group is killed. Never rejects.
 */
export function runProgram(file: string, args: readonly string[], options: ProgramOptions): Promise<ProgramEnd> {
  const { cwd, env, limitMs, signal, onOutput } = options;
  const began = performance.now();
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
    const end = () => killGroup(child);
    const deadline = setTimeout(() => {
      isLate = true;
      end();
    }, limitMs);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();

    const finish = (exitCode: number | null, killedBy: string | null) => {
      clearTimeout(deadline);
      signal.removeEventListener("abort", end);
      killGroup(child);
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

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    // Nobody is left in it.
  }
}
