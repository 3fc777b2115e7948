import { TERMINAL_HEADER_BYTES, TERMINAL_KINDS, writeTerminalHeader } from "@orchestratia/protocol/terminal-frame";

/** The most output in one frame; the hub acknowledges as much at once, and who waits for room must not hold it back. */
export const frameBytes = 32 * 1024;
const mostSpare = 16;
const spare: OutputFrame[] = [];

/**
 * A frame of output that is filled where it is sent from, and filled again when it was sent: a flood that passes through
 * the daemon leaves no garbage behind.
 */
export class OutputFrame {
  readonly #room = Buffer.allocUnsafeSlow(TERMINAL_HEADER_BYTES + frameBytes);
  #length = 0;

  /** An empty one. */
  static take(): OutputFrame {
    return spare.pop() ?? new OutputFrame();
  }

  /** How many bytes of output are in it. */
  get length(): number {
    return this.#length;
  }

  get isFull(): boolean {
    return this.#length === frameBytes;
  }

  /** Takes what it has room for of `bytes` from `at` on; answers how many those are. */
  put(bytes: Buffer, at: number): number {
    const copied = bytes.copy(this.#room, TERMINAL_HEADER_BYTES + this.#length, at, at + frameBytes - this.#length);
    this.#length += copied;
    return copied;
  }

  /** Keeps the first `length` bytes, and gives those behind them in another one. */
  split(length: number): OutputFrame {
    const rest = OutputFrame.take();
    rest.put(this.#room, TERMINAL_HEADER_BYTES + length);
    rest.#length = this.#length - length;
    this.#length = length;
    return rest;
  }

  /** Takes all of what another one holds, or nothing where there is no room for it. */
  append(other: OutputFrame): boolean {
    if (this.#length + other.#length > frameBytes) return false;
    this.put(other.#room.subarray(0, TERMINAL_HEADER_BYTES + other.#length), TERMINAL_HEADER_BYTES);
    return true;
  }

  /** As it goes to the hub, which knows the session by this number. */
  encode(session: number, offset: number): Uint8Array {
    writeTerminalHeader(this.#room, { kind: TERMINAL_KINDS.output, session, offset });
    return this.#room.subarray(0, TERMINAL_HEADER_BYTES + this.#length);
  }

  /** It was sent, or is not needed: nobody may use it any more. */
  release(): void {
    this.#length = 0;
    if (spare.length < mostSpare) spare.push(this);
  }
}
