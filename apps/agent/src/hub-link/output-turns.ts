/** How much output may sit in the socket's buffer: what is more urgent waits behind no more than this. */
const bufferBytes = 64 * 1024;
/** The largest piece that a source gives at its turn, but for snapshots, which cannot be cut. */
export const turnBytes = 32 * 1024;

export type Outgoing = Uint8Array | string;

export interface OutputSource {
  /** The next frame; undefined when nothing may go now: it adds itself again later. */
  next(): Outgoing | undefined;
}

/**
 * Who puts the next frame on the socket: sessions with output waiting take turns, one frame each, and recordings go
 * when no output waits. Whatever is not sent through here passes at once.
 */
export class OutputTurns {
  readonly #send: (frame: Outgoing, onFlushed: () => void) => void;
  /** A set keeps the order of arrival, and so the turns. */
  readonly #sources = new Set<OutputSource>();
  #recordings: Uint8Array[] = [];
  readonly #unresolved = new Map<Uint8Array, () => void>();
  #buffered = 0;
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

  /** Resolves when the kernel has taken the segment, or the link is over. */
  recording(frame: Uint8Array): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    return new Promise((resolve) => {
      this.#recordings.push(frame);
      this.#unresolved.set(frame, resolve);
      this.#pump();
    });
  }

  #pump(): void {
    // A source that adds itself while it is asked must not be asked within that.
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (this.#sources.size > 0 && this.#buffered + turnBytes <= bufferBytes) this.#turn();
    this.#isPumping = false;
    if (this.#sources.size > 0 || this.#buffered > 0) return;
    const recording = this.#recordings.shift();
    if (recording) this.#put(recording, () => this.#resolve(recording));
  }

  #turn(): void {
    const [source] = this.#sources;
    const frame = source?.next();
    if (!source) return;
    this.#sources.delete(source);
    if (frame === undefined) return;
    this.#sources.add(source);
    this.#put(frame);
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

  #resolve(recording: Uint8Array): void {
    this.#unresolved.get(recording)?.();
    this.#unresolved.delete(recording);
  }

  /** The link is over. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#sources.clear();
    this.#recordings = [];
    for (const recording of [...this.#unresolved.keys()]) this.#resolve(recording);
  }
}
