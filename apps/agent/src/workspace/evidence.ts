import { EVIDENCE_OUTPUT_MAX, type EvidenceResult } from "@orchestratia/protocol/workspace";
import { type ProgramOptions, runProgram } from "./program.ts";

const pieceMax = 16 * 1024;
const endMax = 64 * 1024;
const tailMax = 4000;

/** One piece of what a command printed, in the order in which it came. */
export interface EvidencePiece {
  command: number;
  stream: "stdout" | "stderr";
  content: string;
}

export interface EvidenceOptions extends Omit<ProgramOptions, "onOutput" | "limitMs"> {
  /** For each command. */
  limitMs: number;
  onPiece: (piece: EvidencePiece) => void;
}

/**
 * Runs a project's verify commands one after another in /bin/sh, and stops behind the first that fails: what comes after
 * it proves nothing. Never rejects.
 */
export async function runEvidence(commands: readonly string[], options: EvidenceOptions): Promise<EvidenceResult[]> {
  const results: EvidenceResult[] = [];
  for (const [index, command] of commands.entries()) {
    const output = new EvidenceOutput((stream, content) => options.onPiece({ command: index, stream, content }));
    const end = await runProgram("/bin/sh", ["-c", command], {
      ...options,
      onOutput: (...text) => output.add(...text),
    });
    output.end();
    results.push({
      command,
      exit_code: end.exitCode,
      signal: end.signal,
      duration_ms: end.durationMs,
      timed_out: end.isLate,
      tail: output.tail,
    });
    if (end.exitCode !== 0 || end.isLate || options.signal.aborted) break;
  }
  return results;
}

type Stream = EvidencePiece["stream"];

/** Hands on the beginning of an output as it comes, and its end when it is over; of what lies between, how much it was. */
class EvidenceOutput {
  readonly #hand: (stream: Stream, content: string) => void;
  #room = EVIDENCE_OUTPUT_MAX - endMax;
  #held: { stream: Stream; content: string }[] = [];
  #heldSize = 0;
  #leftOut = 0;
  tail = "";

  constructor(hand: (stream: Stream, content: string) => void) {
    this.#hand = hand;
  }

  add(stream: Stream, text: string): void {
    this.tail = (this.tail + text).slice(-tailMax);
    const now = text.slice(0, this.#room);
    this.#room -= now.length;
    this.#send(stream, now);
    this.#hold(stream, text.slice(now.length));
  }

  end(): void {
    if (this.#leftOut > 0) this.#hand("stderr", `\n[orchestratia] ${this.#leftOut} characters are left out here.\n`);
    for (const { stream, content } of this.#held) this.#send(stream, content);
    this.#held = [];
  }

  #send(stream: Stream, text: string): void {
    for (let at = 0; at < text.length; at += pieceMax) this.#hand(stream, text.slice(at, at + pieceMax));
  }

  #hold(stream: Stream, text: string): void {
    if (text === "") return;
    this.#held.push({ stream, content: text });
    this.#heldSize += text.length;
    while (this.#heldSize > endMax) {
      const [oldest] = this.#held;
      if (!oldest) return;
      const drop = Math.min(oldest.content.length, this.#heldSize - endMax);
      oldest.content = oldest.content.slice(drop);
      if (oldest.content === "") this.#held.shift();
      this.#heldSize -= drop;
      this.#leftOut += drop;
    }
  }
}
