import { mkdirSync } from "node:fs";
import { rename, rm, stat, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import { type Clock, systemClock } from "../clock.ts";
import { eventLine, wholeCharacters } from "./event-lines.ts";
import { listSegments, type SegmentFile, segmentPath } from "./segment-file.ts";

const compress = promisify(gzip);

/** A segment is closed at whichever of the two comes first. */
const segmentBytes = 1024 * 1024;
const segmentMs = 30_000;
/** Output that comes in one of these is one event: programs print a line in many small writes. */
const gatherBytes = 64 * 1024;
const gatherMs = 10;
const spoolBytes = 256 * 1024 * 1024;

export interface RecorderOptions {
  /** Where the segments wait for the daemon; made when missing. */
  folder: string;
  cols: number;
  rows: number;
  /** A segment waits in the folder now, or could not be kept; `lag` is smaller. */
  onSegment?: (segment: SegmentFile) => void;
  clock?: Clock;
  spoolBytes?: number;
}

/**
 * Writes what a session printed as asciicast v2 event lines, in compressed segments that the daemon hands to the hub.
 *
 *   output() → gathered (≤ 10 ms, ≤ 64 KiB) → a line of the open segment → closed (1 MiB, 30 s) → gzip, file, onSegment
 *
 * The caller only ever pays for remembering the bytes and, once per gathering, for their line; compressing runs on
 * zlib's own threads, one segment at a time. What the open segment holds is lost when this process is killed.
 */
export class Recorder {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #onSegment: (segment: SegmentFile) => void;
  readonly #spoolLimit: number;
  /** Gathered bytes with their time; the first may be the beginning of a character. */
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  #gatheredAt = 0;
  #cancelGather: (() => void) | undefined;
  #lines: Buffer[] = [];
  #lineBytes = 0;
  #cancelSegment: (() => void) | undefined;
  #segment = 0;
  /** Offset of the open segment's first byte, and of the next byte to become a line. */
  #offset = 0;
  #end = 0;
  #size: string;
  #driver: string | null = null;
  #storing: Promise<void> = Promise.resolve();
  #lag = 0;
  #spooled = 0;
  #isClosed = false;

  constructor(options: RecorderOptions) {
    this.#folder = options.folder;
    this.#clock = options.clock ?? systemClock;
    this.#startedAt = this.#clock.now();
    this.#onSegment = options.onSegment ?? (() => {});
    this.#spoolLimit = options.spoolBytes ?? spoolBytes;
    this.#size = `${options.cols}x${options.rows}`;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** Bytes of lines in closed segments that are not on disk yet; a program that prints faster has to wait. */
  get lag(): number {
    return this.#lag;
  }

  output(bytes: Buffer): void {
    if (this.#isClosed || bytes.length === 0) return;
    if (!this.#cancelGather) {
      this.#gatheredAt = this.#clock.now();
      this.#cancelGather = this.#clock.after(gatherMs, () => this.#gather());
    }
    this.#gathered.push(bytes);
    this.#gatheredBytes += bytes.length;
    if (this.#gatheredBytes >= gatherBytes) this.#gather();
  }

  resize(cols: number, rows: number): void {
    const size = `${cols}x${rows}`;
    if (size === this.#size) return;
    this.#size = size;
    this.#event("r", size);
  }

  /** Who types from here on; nobody when null. */
  driver(user: string | null): void {
    if (user === this.#driver) return;
    this.#driver = user;
    this.#event("m", `driver: ${user ?? "nobody"}`);
  }

  /** Closes the last segment. Resolves when everything is on disk; nothing is recorded afterwards. */
  async close(exitCode: number | null): Promise<void> {
    if (!this.#isClosed) {
      this.#event("m", `exit: ${exitCode ?? "unknown"}`, true);
      this.#isClosed = true;
      this.#closeSegment();
    }
    await this.#storing;
  }

  #event(code: "r" | "m", data: string, isLast = false): void {
    if (this.#isClosed) return;
    this.#gather(isLast);
    this.#line(this.#clock.now(), code, Buffer.from(data));
  }

  #gather(isLast = false): void {
    this.#cancelGather?.();
    this.#cancelGather = undefined;
    if (this.#gatheredBytes === 0) return;
    const [only] = this.#gathered;
    const bytes = this.#gathered.length === 1 && only ? only : Buffer.concat(this.#gathered, this.#gatheredBytes);
    const { whole, rest } = isLast ? { whole: bytes, rest: bytes.subarray(bytes.length) } : wholeCharacters(bytes);
    this.#gathered = rest.length > 0 ? [rest] : [];
    this.#gatheredBytes = rest.length;
    if (whole.length === 0) return;
    this.#end += whole.length;
    this.#line(this.#gatheredAt, "o", whole);
  }

  #line(at: number, code: "o" | "r" | "m", data: Buffer): void {
    const seconds = (at - this.#startedAt) / 1000;
    // A segment that says its size first can be replayed without those before it.
    if (this.#lines.length === 0 && code !== "r") this.#lines.push(eventLine(seconds, "r", Buffer.from(this.#size)));
    const line = eventLine(seconds, code, data);
    this.#cancelSegment ??= this.#clock.after(segmentMs - (this.#clock.now() - at), () => {
      this.#gather();
      this.#closeSegment();
    });
    this.#lines.push(line);
    this.#lineBytes += line.length;
    if (this.#lineBytes >= segmentBytes) this.#closeSegment();
  }

  #closeSegment(): void {
    this.#cancelSegment?.();
    this.#cancelSegment = undefined;
    if (this.#lines.length === 0) return;
    const lines = Buffer.concat(this.#lines);
    const file = { segment: this.#segment, offset: this.#offset, end: this.#end };
    this.#lines = [];
    this.#lineBytes = 0;
    this.#segment += 1;
    this.#offset = this.#end;
    this.#lag += lines.length;
    this.#storing = this.#storing.then(() => this.#store(file, lines));
  }

  async #store(file: SegmentFile, lines: Buffer): Promise<void> {
    try {
      const bytes = await compress(lines, { level: constants.Z_BEST_SPEED });
      const path = segmentPath(this.#folder, file);
      await writeFile(`${path}.new`, bytes, { mode: 0o600 });
      await rename(`${path}.new`, path);
      this.#spooled += bytes.length;
      if (this.#spooled > this.#spoolLimit) await this.#giveUpOldest();
    } catch {
      // A full disk or a removed folder costs this segment; the hub sees the gap in the numbers.
    }
    this.#lag -= lines.length;
    this.#onSegment(file);
  }

  /** The daemon removes what the hub has, so only a look into the folder says what really waits. */
  async #giveUpOldest(): Promise<void> {
    const waiting = await Promise.all(
      listSegments(this.#folder).map(async (file) => {
        const path = segmentPath(this.#folder, file);
        const found = await stat(path).catch(() => undefined);
        return { path, size: found?.size ?? 0 };
      }),
    );
    this.#spooled = waiting.reduce((sum, { size }) => sum + size, 0);
    for (const { path, size } of waiting) {
      if (this.#spooled <= this.#spoolLimit) return;
      await rm(path, { force: true });
      this.#spooled -= size;
    }
  }
}
