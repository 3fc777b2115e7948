import { closeSync, openSync, readSync, writeSync } from "node:fs";

/** The last `capacity` bytes of a stream, in a file of that size, addressed by their offset in the stream. */
export class Ring {
  readonly #fd: number;
  readonly #capacity: number;
  #end = 0;

  constructor(path: string, capacity: number) {
    this.#fd = openSync(path, "w+", 0o600);
    this.#capacity = capacity;
    // Taken now, so that a disk that fills up later cannot tear a hole into the stream.
    writeSync(this.#fd, Buffer.alloc(capacity), 0, capacity, 0);
  }

  /** The oldest offset that is still here. */
  get start(): number {
    return Math.max(0, this.#end - this.#capacity);
  }

  /** The offset of the next byte. */
  get end(): number {
    return this.#end;
  }

  append(bytes: Buffer): void {
    const kept = bytes.subarray(Math.max(0, bytes.length - this.#capacity));
    this.#end += bytes.length - kept.length;
    const at = this.#end % this.#capacity;
    const first = Math.min(kept.length, this.#capacity - at);
    writeSync(this.#fd, kept, 0, first, at);
    if (first < kept.length) writeSync(this.#fd, kept, first, kept.length - first, 0);
    this.#end += kept.length;
  }

  /** Up to `limit` bytes from `offset` on, which must lie between `start` and `end`. */
  read(offset: number, limit: number): Buffer {
    if (offset < this.start || offset > this.#end) throw new RangeError(`offset ${offset} is not in the ring`);
    const length = Math.min(limit, this.#end - offset);
    const bytes = Buffer.allocUnsafe(length);
    const at = offset % this.#capacity;
    const first = Math.min(length, this.#capacity - at);
    readSync(this.#fd, bytes, 0, first, at);
    if (first < length) readSync(this.#fd, bytes, first, length - first, 0);
    return bytes;
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
