import serialize from "@xterm/addon-serialize";
import headless from "@xterm/headless";
import { incompleteTail } from "./incomplete-tail.ts";
import type { Ring } from "./ring.ts";
import type { Size } from "./sizes.ts";

const scrollbackLines = 2000;
const snapshotLines = 1000;
const stepBytes = 64 * 1024;
/** Output is shown first and understood a moment later, so that an echo never waits for the emulator. */
const delayMs = 8;

export interface ScreenSnapshot {
  offset: number;
  size: Size;
  text: Buffer;
}

/**
 * What the program's output looks like: an emulator that reads the ring behind the writer.
 * The writer must not get further ahead than the ring is long: see `lag`.
 */
export class Screen {
  readonly #ring: Ring;
  readonly #onSettled: () => void;
  readonly #terminal;
  readonly #serializer = new serialize.SerializeAddon();
  readonly #resizes: { at: number; cols: number; rows: number }[] = [];
  #waiting: (() => void)[] = [];
  #parsed = 0;
  #tail: Buffer = Buffer.alloc(0);
  #timer: NodeJS.Timeout | undefined;
  #isReading = false;

  /** `onSettled` is called whenever everything written so far has been understood. */
  constructor(ring: Ring, size: Size, onSettled: () => void) {
    this.#ring = ring;
    this.#onSettled = onSettled;
    this.#terminal = new headless.Terminal({ ...size, scrollback: scrollbackLines, allowProposedApi: true });
    this.#terminal.loadAddon(this.#serializer);
  }

  /** Bytes written and not yet understood. */
  get lag(): number {
    return this.#ring.end - this.#parsed;
  }

  /** To be called after the ring grew. */
  ringGrew(): void {
    if (this.#isReading || this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#step();
    }, delayMs);
  }

  #step(): void {
    this.#isReading = true;
    for (let next = this.#resizes[0]; next && next.at <= this.#parsed; next = this.#resizes[0]) {
      this.#resizes.shift();
      this.#terminal.resize(next.cols, next.rows);
    }
    const until = Math.min(this.#ring.end, this.#resizes[0]?.at ?? Number.POSITIVE_INFINITY);
    const bytes = this.#ring.read(this.#parsed, Math.min(stepBytes, until - this.#parsed));
    if (bytes.length === 0) {
      this.#isReading = false;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const done of waiting) done();
      this.#onSettled();
      return;
    }
    this.#terminal.write(bytes, () => {
      this.#parsed += bytes.length;
      this.#tail = Buffer.concat([this.#tail, bytes]).subarray(-4096);
      setImmediate(() => this.#step());
    });
  }

  async #settled(): Promise<void> {
    if (this.lag === 0 && this.#resizes.length === 0 && !this.#isReading) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      if (!this.#isReading) this.#step();
    });
  }

  /** Takes effect between the bytes written before and after, as it does for the program. */
  resize(cols: number, rows: number): void {
    this.#resizes.push({ at: this.#ring.end, cols, rows });
    this.ringGrew();
  }

  /** What repaints the screen on an empty terminal of `size`, and the offset from which the output continues it. */
  async snapshot(): Promise<ScreenSnapshot> {
    await this.#settled();
    const text = this.#serializer.serialize({ scrollback: snapshotLines });
    const { cols, rows } = this.#terminal;
    return { offset: this.#parsed - incompleteTail(this.#tail), size: { cols, rows }, text: Buffer.from(text) };
  }

  /** The visible lines as plain text, empty ones at the end left out. */
  async lines(): Promise<string[]> {
    await this.#settled();
    const { baseY, length } = this.#terminal.buffer.active;
    return this.#text(baseY, length);
  }

  /** The visible lines and those that scrolled away. */
  async scrollback(): Promise<string[]> {
    await this.#settled();
    return this.#text(0, this.#terminal.buffer.active.length);
  }

  #text(from: number, to: number): string[] {
    const buffer = this.#terminal.buffer.active;
    const lines: string[] = [];
    for (let y = from; y < to; y += 1) lines.push(buffer.getLine(y)?.translateToString(true) ?? "");
    while (lines.at(-1) === "") lines.pop();
    return lines;
  }

  /** The cursor's line up to the cursor; when that is empty the last line that is not. As of what was understood so far. */
  promptLine(): string {
    const { baseY, length } = this.#terminal.buffer.active;
    const line = this.cursorLine();
    return line.trim() === "" ? (this.#text(baseY, length).at(-1) ?? "") : line;
  }

  /** The cursor's line up to the cursor. As of what was understood so far. */
  cursorLine(): string {
    const { baseY, cursorY, cursorX } = this.#terminal.buffer.active;
    return this.#terminal.buffer.active.getLine(baseY + cursorY)?.translateToString(false, 0, cursorX) ?? "";
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#terminal.dispose();
  }
}
