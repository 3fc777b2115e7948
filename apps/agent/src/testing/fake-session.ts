import { decodeSnapshot, TERMINAL_KINDS, type TerminalFrame } from "@orchestratia/protocol/terminal-frame";

/** What a hub has of one session's output: put together by offsets, with every irregularity noted. */
export class FakeSession {
  readonly number: number;
  readonly snapshots: { offset: number; cols: number; rows: number; text: string }[] = [];
  readonly segments: number[] = [];
  /** Bytes that were missing or came twice. */
  readonly faults: string[] = [];
  isWatched = true;
  #chunks: Buffer[] = [];
  /** Behind the last byte that came. */
  end = 0;
  acked = 0;

  constructor(number: number) {
    this.number = number;
  }

  get output(): Buffer {
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all;
  }

  receive({ kind, offset, payload }: TerminalFrame): void {
    if (kind === TERMINAL_KINDS.output) {
      if (offset !== this.end) this.faults.push(`output at ${offset} behind ${this.end}`);
      this.#chunks.push(Buffer.from(payload));
      this.end = offset + payload.length;
    } else if (kind === TERMINAL_KINDS.snapshot) {
      const snapshot = decodeSnapshot(payload);
      if (!snapshot) return void this.faults.push("a snapshot that cannot be read");
      this.snapshots.push({ ...snapshot, offset, text: Buffer.from(snapshot.text).toString("utf8") });
      this.end = Math.max(this.end, offset);
    }
  }
}
