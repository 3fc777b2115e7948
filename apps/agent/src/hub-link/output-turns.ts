import { frameBytes } from "../terminals/output-frame.ts";

/** How much output may sit in the socket's buffer: what is more urgent waits behind no more than this. */
const bufferBytes = 64 * 1024;
/** The largest piece that a source gives at its turn, but for snapshots, which cannot be cut. */
const turnBytes = frameBytes;

export type Outgoing = Uint8Array | string;

export interface Turn {
  frame: Outgoing;
  /** Called when the kernel has taken it, unless the link broke before. */
  onTaken?(): void;
}

export interface OutputSource {
  /** The next frame; undefined when nothing may go now: it adds itself again later. */
  next(): Turn | undefined;
}

/** How many bytes of output go for each byte of what waits behind them while output never stops waiting. */
const outputShare = 8;

interface Waiting {
  frame: Outgoing;
  bytes: number;
  /** How much output had gone when it came. */
  since: number;
  onTaken: () => void;
}

/**
 * Who puts the next frame on the socket: sessions with output waiting take turns, one frame each, and recordings, the
 * bytes of files and what remote commands print go when no output waits, one at a time, in the order in which they came.
 * Where output never stops waiting each of them goes all the same when eight times as much output has gone before it, so
 * that a busy line neither fails a file nor fills the disk with recordings. Whatever is not sent through here passes at
 * once.
 */
export class OutputTurns {
  readonly #send: (frame: Outgoing, onFlushed: () => void) => void;
  /** A set keeps the order of arrival, and so the turns. */
  readonly #sources = new Set<OutputSource>();
  readonly #waiting = new Set<Waiting>();
  #underWay: Waiting | undefined;
  #buffered = 0;
  /** Bytes of output that have gone, and how many had when the last recording or piece of a file went. */
  #output = 0;
  #outputBefore = 0;
  #isPumping = false;
  #isOver = false;

  /** `send` calls back when the kernel has taken the frame. */
  constructor(send: (frame: Outgoing, onFlushed: () => void) => void) {
    this.#send = send;
  }

  add(source: OutputSource): void {
    if (this.#isOver) return;
    this.#sources.add(source);
    this.#pump();
  }

  remove(source: OutputSource): void {
    this.#sources.delete(source);
  }

  /**
   * For a recording's segment, a file's bytes or what a remote command printed. Resolves when the kernel has taken it, or
   * the link is over.
   */
  recording(frame: Outgoing): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    return new Promise((onTaken) => {
      this.#waiting.add({ frame, bytes: Buffer.byteLength(frame), since: this.#output, onTaken });
      this.#pump();
    });
  }

  #pump(): void {
    // A source that adds itself while it is asked must not be asked within that.
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (this.#buffered + turnBytes <= bufferBytes) {
      const due = this.#due();
      if (due) this.#putWaiting(due);
      else if (this.#sources.size > 0) this.#turn();
      else break;
    }
    this.#isPumping = false;
  }

  #due(): Waiting | undefined {
    if (this.#underWay) return undefined;
    const [first] = this.#waiting;
    if (this.#sources.size === 0 && this.#buffered === 0) return first;
    if (this.#output - this.#outputBefore < outputShare * turnBytes) return undefined;
    return [...this.#waiting].find(({ bytes, since }) => this.#output - since >= outputShare * bytes);
  }

  #putWaiting(waiting: Waiting): void {
    this.#waiting.delete(waiting);
    this.#underWay = waiting;
    this.#outputBefore = this.#output;
    this.#put(waiting.frame, () => {
      this.#underWay = undefined;
      waiting.onTaken();
    });
  }

  #turn(): void {
    const [source] = this.#sources;
    const turn = source?.next();
    if (!source) return;
    this.#sources.delete(source);
    if (turn === undefined) return;
    this.#sources.add(source);
    this.#output += Buffer.byteLength(turn.frame);
    this.#put(turn.frame, () => turn.onTaken?.());
  }

  #put(frame: Outgoing, onTaken?: () => void): void {
    const bytes = Buffer.byteLength(frame);
    this.#buffered += bytes;
    this.#send(frame, () => {
      this.#buffered -= bytes;
      onTaken?.();
      this.#pump();
    });
  }

  /** The link is over. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#sources.clear();
    this.#underWay?.onTaken();
    for (const { onTaken } of this.#waiting) onTaken();
    this.#waiting.clear();
  }
}
