import type { Socket } from "node:net";
import {
  frameKinds,
  offsetFrame,
  offsetFrameHead,
  type Size,
  sizeFrame,
  snapshotFirst,
  windowBytes,
} from "@orchestratia/holder-link/wire";
import type { Ring } from "./ring.ts";
import type { Screen, ScreenSnapshot } from "./screen.ts";
import type { Sizes } from "./sizes.ts";

const frameBytes = 64 * 1024;
const copiedBytes = 4 * 1024;

export interface SubscriberOptions {
  socket: Socket;
  ring: Ring;
  screen: Screen;
  sizes: Sizes;
  from: number;
  /** From further back than this a snapshot is sent instead. */
  catchUpBytes: number;
}

/**
 * The daemon's view of the output: everything from an offset on, in order and with the sizes that it was printed at,
 * at most `windowBytes` ahead of what it said it consumed. What it is not ready for waits in the ring; what is too far
 * back, or not in the ring any more, a snapshot takes the place of.
 */
export class Subscriber {
  readonly #socket: Socket;
  readonly #ring: Ring;
  readonly #screen: Screen;
  readonly #sizes: Sizes;
  /** Bytes from `#sent` to the ring's end that are still in memory, so that the ring need not be read back. */
  #fresh: Buffer[] = [];
  #sent: number;
  #consumed: number;
  #toldSize: Size | undefined;
  /** Those that were asked for and may not go before the bytes up to their offset. */
  #snapshots: ScreenSnapshot[] = [];
  #isScheduled = false;
  #isResyncing = false;
  #isClosed = false;

  constructor({ socket, ring, screen, sizes, from, catchUpBytes }: SubscriberOptions) {
    this.#socket = socket;
    this.#ring = ring;
    this.#screen = screen;
    this.#sizes = sizes;
    const isHere = from >= ring.start && from <= ring.end && ring.end - from <= catchUpBytes;
    this.#sent = isHere ? from : snapshotFirst;
    this.#consumed = isHere ? from : ring.end;
    // What an earlier subscription still had under way ends here.
    socket.write(offsetFrame(frameKinds.subscribed, this.#sent));
    this.#schedule();
  }

  /** Bytes written that the daemon has not consumed. */
  get lag(): number {
    return this.#ring.end - this.#consumed;
  }

  /** To be called with every chunk after it went into the ring. */
  offer(chunk: Buffer): void {
    if (this.#isResyncing) return;
    this.#fresh.push(chunk);
    if (!this.#isScheduled) this.#pump();
  }

  /** To be called when the sizes have changed. */
  resized(): void {
    this.#schedule();
  }

  consume(offset: number): void {
    this.#consumed = Math.max(this.#consumed, Math.min(offset, this.#sent));
    this.#schedule();
  }

  /** Sends a snapshot as soon as the bytes up to where it stands are sent; they go on meanwhile. */
  async takeSnapshot(): Promise<void> {
    this.#snapshots.push(await this.#screen.snapshot());
    this.#schedule();
  }

  close(): void {
    this.#isClosed = true;
    this.#fresh = [];
  }

  // What is consumed in one turn makes room for one frame; output itself waits for nothing.
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
    const isOneSize = this.#sizes.nextAfter(this.#sent) === undefined;
    this.#socket.cork();
    this.#tellSize();
    if (isOneSize && freshBytes > 0 && freshBytes <= room && this.#sent + freshBytes === this.#ring.end) {
      this.#sendFresh(fresh, freshBytes);
    } else {
      this.#sendFromRing();
    }
    while (this.#snapshots[0] && this.#snapshots[0].offset <= this.#sent) this.#sendSnapshot(this.#snapshots.shift());
    this.#socket.uncork();
  }

  #sendFresh(chunks: Buffer[], length: number): void {
    const head = offsetFrameHead(frameKinds.output, this.#sent, length);
    // One small write costs less than the two together.
    if (length <= copiedBytes) this.#socket.write(Buffer.concat([head, ...chunks]));
    else for (const piece of [head, ...chunks]) this.#socket.write(piece);
    this.#sent += length;
  }

  #sendFromRing(): void {
    const until = Math.min(this.#ring.end, this.#consumed + windowBytes);
    while (this.#sent < until) {
      const next = Math.min(until, this.#sizes.nextAfter(this.#sent) ?? until);
      const bytes = this.#ring.read(this.#sent, Math.min(frameBytes, next - this.#sent));
      this.#socket.write(offsetFrame(frameKinds.output, this.#sent, bytes));
      this.#sent += bytes.length;
      this.#tellSize();
    }
  }

  #tellSize(): void {
    const size = this.#sizes.of(this.#sent);
    if (!size || size === this.#toldSize) return;
    this.#toldSize = size;
    this.#socket.write(sizeFrame(frameKinds.resized, this.#sent, size));
  }

  #sendSnapshot(snapshot: ScreenSnapshot | undefined): void {
    if (snapshot)
      this.#socket.write(sizeFrame(frameKinds.sizedSnapshot, snapshot.offset, snapshot.size, snapshot.text));
  }

  /** For a reader who does not read the next snapshot is not due before what was sent has left us. */
  async #resync(): Promise<void> {
    this.#isResyncing = true;
    this.#fresh = [];
    await new Promise<void>((left) => this.#socket.write(Buffer.alloc(0), () => left()));
    if (this.#isClosed) return;
    const snapshot = await this.#screen.snapshot();
    this.#isResyncing = false;
    if (this.#isClosed) return;
    this.#sendSnapshot(snapshot);
    this.#sent = snapshot.offset;
    this.#consumed = snapshot.offset;
    this.#toldSize = this.#sizes.of(snapshot.offset);
    this.#schedule();
  }
}
