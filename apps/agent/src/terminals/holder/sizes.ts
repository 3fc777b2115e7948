import type { Size } from "@orchestratia/holder-link/wire";

interface SizeFrom extends Size {
  /** Offset of the first byte that is printed at this size. */
  readonly at: number;
}

/** Which size the terminal had where in its output. */
export class Sizes {
  #sizes: SizeFrom[];

  constructor({ cols, rows }: Size) {
    this.#sizes = [{ at: 0, cols, rows }];
  }

  /** The size from `at` on; `keepFrom` is the oldest offset that will still be asked for. */
  add(at: number, { cols, rows }: Size, keepFrom: number): void {
    const earlier = this.#sizes.filter((size) => size.at < at);
    const oldest = earlier.findLastIndex((size) => size.at <= keepFrom);
    this.#sizes = [...earlier.slice(Math.max(0, oldest)), { at, cols, rows }];
  }

  /** The size of the byte at `offset`: the same object as long as nothing changed. */
  of(offset: number): Size | undefined {
    return this.#sizes.findLast((size) => size.at <= offset) ?? this.#sizes[0];
  }

  /** Where behind `offset` the next size begins. */
  nextAfter(offset: number): number | undefined {
    return this.#sizes.find((size) => size.at > offset)?.at;
  }
}
