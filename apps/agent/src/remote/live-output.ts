import { EXEC_PIECE_BYTES, EXEC_PIECES_IN_FLIGHT } from "@orchestratia/protocol/remote-frames";
import { cutOffBytes } from "../cut-off-bytes.ts";

const gatherMs = 50;
/** What waits to be sent; whoever prints more waits as well. */
const heldMaxBytes = 64 * 1024;

export type OutputName = "stdout" | "stderr";

/**
 * A command's output on its way to whoever reads it while the command runs: in the order in which it came, in pieces of
 * whole characters, the first at once and the others gathered for 50 ms or until they are full. No more than
 * EXEC_PIECES_IN_FLIGHT of them are ahead of the reader.
 */
export class LiveOutput {
  /** Resolves when the line has taken the piece. */
  readonly #send: (stream: OutputName, content: string) => Promise<unknown>;
  readonly #held: { stream: OutputName; bytes: Buffer }[] = [];
  /** The beginnings of characters. */
  readonly #cutOff: Record<OutputName, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  #heldBytes = 0;
  #nextAt = 0;
  #sent = 0;
  #taken = 0;
  #isEnding = false;
  #isDropped = false;
  #pumping: Promise<void> | undefined;
  #wake = () => {};
  #onRoom: (() => void)[] = [];

  constructor(send: (stream: OutputName, content: string) => Promise<unknown>) {
    this.#send = send;
  }

  /** More must not be read for now. */
  get isFull(): boolean {
    return this.#heldBytes >= heldMaxBytes;
  }

  /** Resolves when there is room for more; undefined when there is. */
  add(stream: OutputName, bytes: Buffer): Promise<void> | undefined {
    if (this.#isDropped || bytes.length === 0) return undefined;
    const known = this.#cutOff[stream];
    const all = known.length === 0 ? bytes : Buffer.concat([known, bytes]);
    const whole = all.length - cutOffBytes(all);
    this.#cutOff[stream] = Buffer.from(all.subarray(whole));
    this.#hold(stream, all.subarray(0, whole));
    if (!this.isFull) return undefined;
    return new Promise((resolve) => this.#onRoom.push(resolve));
  }

  /** The reader has handed on so many pieces. */
  taken(pieces: number): void {
    this.#taken = Math.max(this.#taken, Math.min(pieces, this.#sent));
    this.#wake();
  }

  /** That was all of it. Resolves when the last piece is sent, or the rest was dropped. */
  async end(): Promise<void> {
    this.#isEnding = true;
    for (const stream of ["stdout", "stderr"] as const) {
      this.#hold(stream, this.#cutOff[stream]);
      this.#cutOff[stream] = Buffer.alloc(0);
    }
    this.#wake();
    await this.#pumping;
  }

  /** Nobody reads any more: what is here and what comes is dropped, so that the program goes on. */
  drop(): void {
    this.#isDropped = true;
    this.#held.length = 0;
    this.#heldBytes = 0;
    this.#wake();
    this.#makeRoom();
  }

  #hold(stream: OutputName, bytes: Buffer): void {
    if (bytes.length === 0 || this.#isDropped) return;
    this.#held.push({ stream, bytes });
    this.#heldBytes += bytes.length;
    this.#wake();
    this.#pumping ??= this.#pump();
  }

  async #pump(): Promise<void> {
    while (this.#held.length > 0) {
      const early = this.#isEnding || this.#heldBytes >= EXEC_PIECE_BYTES ? 0 : this.#nextAt - performance.now();
      if (this.#sent - this.#taken >= EXEC_PIECES_IN_FLIGHT) await this.#woken();
      else if (early > 0) await this.#woken(early);
      else await this.#sendNext();
    }
    this.#pumping = undefined;
  }

  async #sendNext(): Promise<void> {
    const { stream, bytes } = this.#next();
    this.#sent += 1;
    this.#nextAt = performance.now() + gatherMs;
    await this.#send(stream, bytes.toString("utf8"));
    if (!this.isFull) this.#makeRoom();
  }

  /** As much of one output as fits into a piece. */
  #next(): { stream: OutputName; bytes: Buffer } {
    const stream = this.#held[0]?.stream ?? "stdout";
    const parts: Buffer[] = [];
    let room = EXEC_PIECE_BYTES;
    for (let first = this.#held[0]; first?.stream === stream && room > 0; first = this.#held[0]) {
      const fitting = first.bytes.subarray(0, room);
      const isWhole = fitting.length === first.bytes.length;
      const part = isWhole ? fitting : fitting.subarray(0, fitting.length - cutOffBytes(fitting));
      parts.push(part);
      room = isWhole ? room - part.length : 0;
      if (isWhole) this.#held.shift();
      else first.bytes = first.bytes.subarray(part.length);
    }
    const bytes = Buffer.concat(parts);
    this.#heldBytes -= bytes.length;
    return { stream, bytes };
  }

  #makeRoom(): void {
    const waiting = this.#onRoom;
    this.#onRoom = [];
    for (const resolve of waiting) resolve();
  }

  /** Until something changed, or so many milliseconds. */
  #woken(ms?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(() => this.#wake(), ms);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = () => {};
        resolve();
      };
    });
  }
}
