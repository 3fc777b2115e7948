const firstBytes = 64 * 1024;

/**
 * The last `capacity` bytes of a stream, addressed by their offset in the stream. In memory, since the stream ends with
 * the process that holds it; a stream that is short takes little.
 */
export class Ring {
  readonly #capacity: number;
  #bytes: Buffer;
  #end = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#bytes = Buffer.allocUnsafeSlow(Math.min(firstBytes, capacity));
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
    if (this.#end + bytes.length > this.#bytes.length) this.#grow(this.#end + bytes.length);
    this.#end += bytes.length - kept.length;
    const at = this.#end % this.#bytes.length;
    const first = kept.copy(this.#bytes, at);
    if (first < kept.length) kept.copy(this.#bytes, 0, first);
    this.#end += kept.length;
  }

  /** Up to `limit` bytes from `offset` on, which must lie between `start` and `end`; a copy. */
  read(offset: number, limit: number): Buffer {
    if (offset < this.start || offset > this.#end) throw new RangeError(`offset ${offset} is not in the ring`);
    const length = Math.min(limit, this.#end - offset);
    const bytes = Buffer.allocUnsafe(length);
    const at = offset % this.#bytes.length;
    const first = this.#bytes.copy(bytes, 0, at, at + length);
    if (first < length) this.#bytes.copy(bytes, first, 0, length - first);
    return bytes;
  }

  /** Like `read`, but what lies in one piece, and only until more is appended. */
  view(offset: number, limit: number): Buffer {
    if (offset < this.start || offset > this.#end) throw new RangeError(`offset ${offset} is not in the ring`);
    const at = offset % this.#bytes.length;
    return this.#bytes.subarray(at, at + Math.min(limit, this.#end - offset));
  }

  /** Until its capacity is reached nothing has gone round, so what is here stays where it is. */
  #grow(needed: number): void {
    if (this.#bytes.length === this.#capacity) return;
    let length = this.#bytes.length;
    while (length < needed && length < this.#capacity) length *= 2;
    const bytes = Buffer.allocUnsafeSlow(Math.min(length, this.#capacity));
    this.#bytes.copy(bytes, 0, 0, this.#end);
    this.#bytes = bytes;
  }
}
