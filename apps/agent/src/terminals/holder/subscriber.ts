import type { Socket } from "node:net";
import type { Ring } from "./ring.ts";
import type { Screen } from "./screen.ts";
import { frameKinds, offsetFrame, offsetFrameHead, windowBytes } from "./wire.ts";

const frameBytes = 64 * 1024;

/**
 * The daemon's view of the output: everything from an offset on, in order, at most `windowBytes` ahead of what it said
 * it consumed. What it is not ready for waits in the ring; when that has moved on, a snapshot takes its place.
 */
export class Subscriber {
  readonly #socket: Socket;
  readonly #ring: Ring;
  readonly #screen: Screen;
  /** Bytes from `#sent` to the ring's end that are still in memory, so that the ring need not be read back. */
  #fresh: Buffer[] = [];
  #sent: number;
  #consumed: number;
  #isScheduled = false;
  #isResyncing = false;
  #isClosed = false;

  constructor(socket: Socket, ring: Ring, screen: Screen, from: number) {
    this.#socket = socket;
    this.#ring = ring;
    this.#screen = screen;
    this.#sent = Math.min(from, ring.end);
    this.#consumed = this.#sent;
    // What an earlier subscription still had under way ends here.
    socket.write(offsetFrame(frameKinds.subscribed, this.#sent));
    this.#schedule();
  }

  get consumed(): number {
    return this.#consumed;
  }

  /** Bytes written that the daemon has not consumed. */
  get lag(): number {
    return this.#ring.end - this.#consumed;
  }

  /** To be called with every chunk after it went into the ring. */
  offer(chunk: Buffer): void {
    this.#fresh.push(chunk);
    this.#schedule();
  }

  consume(offset: number): void {
    this.#consumed = Math.max(this.#consumed, Math.min(offset, this.#sent));
    this.#schedule();
  }

  close(): void {
    this.#isClosed = true;
    this.#fresh = [];
  }

  // After the poll phase: the reads of one turn become one frame, and a lone echo waits for nothing.
  #schedule(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#isClosed || this.#isResyncing) return;
    if (this.#sent < this.#ring.start) {
      void this.#resync();
      return;
    }
    const fresh = this.#fresh;
    this.#fresh = [];
    const freshBytes = fresh.reduce((sum, chunk) => sum + chunk.length, 0);
    const room = this.#consumed + windowBytes - this.#sent;
    this.#socket.cork();
    if (freshBytes > 0 && freshBytes <= room && this.#sent + freshBytes === this.#ring.end) {
      this.#socket.write(offsetFrameHead(frameKinds.output, this.#sent, freshBytes));
      for (const chunk of fresh) this.#socket.write(chunk);
      this.#sent += freshBytes;
    } else {
      const until = Math.min(this.#ring.end, this.#consumed + windowBytes);
      while (this.#sent < until) {
        const bytes = this.#ring.read(this.#sent, Math.min(frameBytes, until - this.#sent));
        this.#socket.write(offsetFrame(frameKinds.output, this.#sent, bytes));
        this.#sent += bytes.length;
      }
    }
    this.#socket.uncork();
  }

  async #resync(): Promise<void> {
    this.#isResyncing = true;
    const { offset, text } = await this.#screen.snapshot();
    this.#isResyncing = false;
    if (this.#isClosed) return;
    this.#socket.write(offsetFrame(frameKinds.snapshot, offset, Buffer.from(text)));
    this.#sent = offset;
    this.#consumed = offset;
    this.#schedule();
  }
}
