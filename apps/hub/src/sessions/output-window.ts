/** Bytes of output that the hub keeps of each session. */
const OUTPUT_WINDOW_BYTES = 1024 * 1024;
const FIRST_BYTES = 4096;
const SIZES_KEPT = 100;

/** A screen as it was at an offset: `text` paints it, the bytes from the offset on continue it. */
export interface SnapshotAt {
  offset: number;
  cols: number;
  rows: number;
  text: Uint8Array;
}

/** The bytes from `offset` on were printed at this size. */
export interface SizeAt {
  offset: number;
  cols: number;
  rows: number;
}

export interface OutputListener {
  onOutput(bytes: Uint8Array, offset: number): void;
  /** A newer snapshot; where bytes were skipped the window begins at it. */
  onSnapshot?(snapshot: SnapshotAt): void;
  onResized?(size: SizeAt): void;
  /** What was just typed did not reach the terminal. */
  onInputRefused?(): void;
}

/**
 * The last bytes that a session printed, in a ring that grows up to its limit, with the newest snapshot and the sizes that
 * belong to them. Offsets count the session's bytes from the first one on; version 2 daemons name them, for version 1
 * ones the hub counts. A session nobody watches costs nothing but the ring.
 */
export class OutputWindow {
  readonly #limit: number;
  readonly #listeners = new Set<OutputListener>();
  #ring = Buffer.alloc(0);
  #start: number;
  #end: number;
  #lastAt = Number.NEGATIVE_INFINITY;
  #snapshot: SnapshotAt | undefined;
  #sizes: SizeAt[] = [];

  /** `firstOffset` is where counting begins; `limit` the bytes kept. */
  constructor(firstOffset = 0, limit = OUTPUT_WINDOW_BYTES) {
    this.#start = firstOffset;
    this.#end = firstOffset;
    this.#limit = limit;
  }

  /** Offset of the oldest byte that is still here. */
  get start(): number {
    return this.#start;
  }

  /** Offset of the next byte to come. */
  get end(): number {
    return this.#end;
  }

  /** When the last byte came, by this process's clock. */
  get lastAt(): number {
    return this.#lastAt;
  }

  /** The newest snapshot from which everything up to now is here. */
  get snapshot(): SnapshotAt | undefined {
    return this.#snapshot && this.has(this.#snapshot.offset) ? this.#snapshot : undefined;
  }

  /** Changes of size behind `offset`, in order. */
  sizesSince(offset: number): SizeAt[] {
    return this.#sizes.filter((size) => size.offset > offset);
  }

  /** At which size the byte at `offset` was printed, as far as that is known. */
  sizeAt(offset: number): SizeAt | undefined {
    const { snapshot } = this;
    const known = snapshot ? [...this.#sizes, snapshot] : this.#sizes;
    const before = known.filter((size) => size.offset <= offset);
    return before.toSorted((a, b) => a.offset - b.offset).at(-1);
  }

  append(bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return;
    this.#lastAt = performance.now();
    const offset = this.#end;
    this.#keep(bytes);
    for (const listener of this.#listeners) listener.onOutput(bytes, offset);
  }

  /** Bytes that say where they belong. What is here already is passed over; behind a gap the window begins anew. */
  receive(offset: number, bytes: Uint8Array): void {
    if (!this.has(offset)) this.#beginAt(offset);
    this.append(bytes.subarray(this.#end - offset));
  }

  /** The screen at an offset; where the window does not reach that far it begins there. */
  takeSnapshot(snapshot: SnapshotAt): void {
    if (!this.has(snapshot.offset)) this.#beginAt(snapshot.offset);
    // It may be a view into a larger read.
    this.#snapshot = { ...snapshot, text: Uint8Array.from(snapshot.text) };
    for (const listener of this.#listeners) listener.onSnapshot?.(this.#snapshot);
  }

  resized(size: SizeAt): void {
    const others = this.#sizes.filter(({ offset }) => offset >= this.#start && offset !== size.offset);
    this.#sizes = [...others, size].slice(-SIZES_KEPT);
    for (const listener of this.#listeners) listener.onResized?.(size);
  }

  inputRefused(): void {
    for (const listener of this.#listeners) listener.onInputRefused?.();
  }

  /** A copy of at most `mostBytes` of what is kept from `offset` on; from the start when `offset` is not kept. */
  since(offset: number, mostBytes = Number.POSITIVE_INFINITY): { offset: number; bytes: Buffer } {
    const from = this.has(offset) ? offset : this.#start;
    const length = Math.min(this.#end - from, mostBytes);
    const bytes = Buffer.allocUnsafe(length);
    const at = from % (this.#ring.length || 1);
    const first = Math.min(length, this.#ring.length - at);
    this.#ring.copy(bytes, 0, at, at + first);
    this.#ring.copy(bytes, first, 0, length - first);
    return { offset: from, bytes };
  }

  /** Whether everything behind `offset` is still here. */
  has(offset: number): boolean {
    return offset >= this.#start && offset <= this.#end;
  }

  /** Returns how to stop listening. */
  listen(listener: OutputListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #beginAt(offset: number): void {
    this.#start = offset;
    this.#end = offset;
    this.#snapshot = undefined;
    this.#sizes = [];
  }

  #keep(bytes: Uint8Array): void {
    const kept = bytes.byteLength > this.#limit ? bytes.subarray(bytes.byteLength - this.#limit) : bytes;
    this.#grow(Math.min(this.#limit, this.#end - this.#start + kept.byteLength));
    this.#end += bytes.byteLength;
    const size = this.#ring.length;
    const at = (this.#end - kept.byteLength) % size;
    const first = Math.min(kept.byteLength, size - at);
    this.#ring.set(kept.subarray(0, first), at);
    this.#ring.set(kept.subarray(first), 0);
    this.#start = Math.max(this.#start, this.#end - size);
  }

  #grow(needed: number): void {
    if (needed <= this.#ring.length) return;
    let size = this.#ring.length || FIRST_BYTES;
    while (size < needed) size *= 2;
    const kept = this.since(this.#start).bytes;
    this.#ring = Buffer.allocUnsafeSlow(Math.min(size, this.#limit));
    const at = this.#start % this.#ring.length;
    const first = Math.min(kept.length, this.#ring.length - at);
    kept.copy(this.#ring, at, 0, first);
    kept.copy(this.#ring, 0, first);
  }
}
