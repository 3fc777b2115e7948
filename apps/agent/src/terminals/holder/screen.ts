import { setImmediate as nextTurn } from "node:timers/promises";
import type { Size } from "@orchestratia/holder-link/wire";
import { Emulator } from "./emulator.ts";
import { incompleteTail } from "./incomplete-tail.ts";
import type { Ring } from "./ring.ts";

const scrollbackLines = 2000;
const snapshotLines = 1000;
const stepBytes = 64 * 1024;
/** Output is shown first and understood a moment later, so that an echo never waits for the emulator. */
const delayMs = 8;
/** What is more than this at once is a flood, of which most is never looked at. */
const floodBytes = 128 * 1024;
const floodDelayMs = 150;
/** The least for which it is worth while to look for what can be passed over. */
const skipBytes = 256 * 1024;
/** So far behind it waits no longer. */
const hurryBytes = 1024 * 1024;
const tailBytes = 4096;
const nothing = Buffer.alloc(0);

export interface ScreenSnapshot {
  offset: number;
  size: Size;
  text: Buffer;
}

/**
 * What the program's output looks like: an emulator that reads the ring behind the writer.
 * The writer should not get further ahead than the ring is long, see `lag`: what is lost then, an empty screen replaces.
 *
 *   a little came:   read 8 ms later
 *   a flood comes:   read when it ends, or each 150 ms, but for what the emulator may pass over
 *   somebody asks:   read at once, up to what was there when they asked
 */
export class Screen {
  readonly #ring: Ring;
  readonly #onRead: () => void;
  readonly #emulator: Emulator;
  readonly #resizes: { at: number; size: Size }[] = [];
  #waiting: { until: number; done: () => void }[] = [];
  #read = 0;
  #tail: Buffer = nothing;
  #timer: NodeJS.Timeout | undefined;
  #isReading = false;
  /** The last snapshot, until something is read: it costs tens of ms, and many may look at a screen that stands still. */
  #painted: ScreenSnapshot | undefined;
  #isFlood = false;
  /** Of the moment before something was passed over whose end is not read yet. */
  #linesBefore: { prompt: string; cursor: string } | undefined;

  /** `onRead` is called whenever `lag` got smaller by reading. */
  constructor(ring: Ring, size: Size, onRead: () => void) {
    this.#ring = ring;
    this.#onRead = onRead;
    this.#emulator = new Emulator(size, scrollbackLines);
  }

  /** Bytes written and not yet understood. */
  get lag(): number {
    return this.#ring.end - this.#read;
  }

  /** To be called after the ring grew. */
  ringGrew(): void {
    if (this.#isReading) return;
    if (this.lag >= hurryBytes) void this.#hurry();
    else this.#readLater();
  }

  #readLater(): void {
    this.#timer ??= setTimeout(() => void this.#catchUp(), this.#isFlood ? floodDelayMs : delayMs);
  }

  /** Only reads when too little can be passed over. */
  async #hurry(): Promise<void> {
    this.#beginReading();
    this.#isFlood = true;
    this.#followRing();
    if (this.#resizes.length === 0) await this.#skip(this.lag);
    this.#isReading = false;
    this.#onRead();
    if (this.lag >= hurryBytes / 2 || this.#waiting.length > 0) void this.#catchUp();
    else this.#readLater();
  }

  /** Reads up to where the ring ends now. */
  async #catchUp(): Promise<void> {
    this.#beginReading();
    const until = this.#ring.end;
    this.#isFlood = this.lag > floodBytes;
    while (this.#read < until || this.#isResizeDue) await this.#step(until);
    this.#isReading = false;
    this.#linesBefore = undefined;
    const reached = this.#waiting.filter((each) => each.until <= this.#read);
    this.#waiting = this.#waiting.filter((each) => each.until > this.#read);
    for (const { done } of reached) done();
    this.#onRead();
    if (this.#waiting.length > 0) void this.#catchUp();
    else if (this.lag > 0) this.ringGrew();
  }

  #beginReading(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isReading = true;
  }

  /** What the writer wrote over nobody can read any more. */
  #followRing(): void {
    if (this.#read >= this.#ring.start) return;
    this.#emulator.reset();
    this.#advance(this.#ring.start - this.#read);
    this.#tail = nothing;
  }

  async #step(until: number): Promise<void> {
    this.#followRing();
    while (this.#isResizeDue) {
      this.#emulator.resize((this.#resizes.shift() as { size: Size }).size);
      this.#advance(0);
    }
    const length = Math.min(until, this.#resizes[0]?.at ?? until) - this.#read;
    const left = length - (length < skipBytes ? 0 : await this.#skip(length));
    if (left <= 0 || this.#read < this.#ring.start) return;
    const bytes = this.#ring.read(this.#read, Math.min(stepBytes, left));
    if (bytes.length === 0) return;
    await this.#emulator.write(bytes);
    this.#advance(bytes.length);
    this.#tail = Buffer.concat([this.#tail, bytes.subarray(-tailBytes)]).subarray(-tailBytes);
    this.#onRead();
    await nextTurn();
  }

  #advance(length: number): void {
    this.#read += length;
    this.#painted = undefined;
  }

  get #isResizeDue(): boolean {
    return (this.#resizes[0]?.at ?? Number.POSITIVE_INFINITY) <= this.#read;
  }

  /** Passes over what it can of the next `length` bytes; they must be read before anybody looks at the emulator. */
  async #skip(length: number): Promise<number> {
    const skip = this.#emulator.skippable(this.#ring.view(this.#read, length));
    if (!skip) return 0;
    this.#linesBefore ??= { prompt: this.promptLine(), cursor: this.cursorLine() };
    await this.#emulator.write(skip.instead);
    this.#advance(skip.length);
    this.#tail = nothing; // What was passed over ends with a line.
    return skip.length;
  }

  async #settled(): Promise<void> {
    if (this.lag === 0 && this.#resizes.length === 0 && !this.#isReading) return;
    await new Promise<void>((done) => {
      this.#waiting.push({ until: this.#ring.end, done });
      if (!this.#isReading) void this.#catchUp();
    });
  }

  /** Takes effect between the bytes written before and after, as it does for the program. */
  resize(cols: number, rows: number): void {
    this.#resizes.push({ at: this.#ring.end, size: { cols, rows } });
    this.ringGrew();
  }

  /** What repaints the screen on an empty terminal of `size`, and the offset from which the output continues it. */
  async snapshot(): Promise<ScreenSnapshot> {
    await this.#settled();
    this.#painted ??= this.#paint();
    return this.#painted;
  }

  #paint(): ScreenSnapshot {
    const text = this.#emulator.serialize(snapshotLines);
    const { cols, rows } = this.#emulator.terminal;
    return { offset: this.#read - incompleteTail(this.#tail), size: { cols, rows }, text: Buffer.from(text) };
  }

  /** The visible lines as plain text, empty ones at the end left out. */
  async lines(): Promise<string[]> {
    await this.#settled();
    const { baseY, length } = this.#emulator.terminal.buffer.active;
    return this.#text(baseY, length);
  }

  /** The visible lines and those that scrolled away. */
  async scrollback(): Promise<string[]> {
    await this.#settled();
    return this.#text(0, this.#emulator.terminal.buffer.active.length);
  }

  #text(from: number, to: number): string[] {
    const buffer = this.#emulator.terminal.buffer.active;
    const lines: string[] = [];
    for (let y = from; y < to; y += 1) lines.push(buffer.getLine(y)?.translateToString(true) ?? "");
    while (lines.at(-1) === "") lines.pop();
    return lines;
  }

  /** The cursor's line up to the cursor; when that is empty the last line that is not. As of what was understood so far. */
  promptLine(): string {
    if (this.#linesBefore) return this.#linesBefore.prompt;
    const { baseY, length } = this.#emulator.terminal.buffer.active;
    const line = this.cursorLine();
    return line.trim() === "" ? (this.#text(baseY, length).at(-1) ?? "") : line;
  }

  /** The cursor's line up to the cursor. As of what was understood so far. */
  cursorLine(): string {
    if (this.#linesBefore) return this.#linesBefore.cursor;
    const { baseY, cursorY, cursorX } = this.#emulator.terminal.buffer.active;
    return this.#emulator.terminal.buffer.active.getLine(baseY + cursorY)?.translateToString(false, 0, cursorX) ?? "";
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#emulator[Symbol.dispose]();
  }
}
