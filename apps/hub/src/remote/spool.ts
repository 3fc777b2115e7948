import { type FileHandle, open, rm } from "node:fs/promises";

/** Bytes that came and are not written yet, above which no more should be read. */
const MOST_UNWRITTEN_BYTES = 1024 * 1024;

/** A file on its way, on the hub's disk: its sender is faster than its receiver, and memory is not for that. */
export class Spool implements AsyncDisposable {
  readonly #path: string;
  readonly #file: FileHandle;
  #accepted = 0;
  #written = 0;
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  static async create(path: string): Promise<Spool> {
    return new Spool(path, await open(path, "wx+", 0o600));
  }

  /** Bytes that came. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Bytes that can be read. */
  get written(): number {
    return this.#written;
  }

  /** More should not be read before `settled`. */
  get isFull(): boolean {
    return this.#accepted - this.#written > MOST_UNWRITTEN_BYTES;
  }

  /** `written` is called when they can be read; a disk that is full rejects `settled`. */
  append(bytes: Buffer, written: () => void): void {
    const at = this.#accepted;
    this.#accepted += bytes.length;
    this.#writing = this.#writing.then(async () => {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, at + done);
        done += bytesWritten;
      }
      this.#written += bytes.length;
      written();
    });
    // Whoever waits for `settled` hears of it.
    this.#writing.catch(() => undefined);
  }

  settled(): Promise<void> {
    return this.#writing;
  }

  async read(at: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(Math.min(length, this.#written - at));
    for (let done = 0; done < bytes.length; ) {
      const { bytesRead } = await this.#file.read(bytes, done, bytes.length - done, at + done);
      if (bytesRead === 0) throw new Error("the spooled file is shorter than it was written");
      done += bytesRead;
    }
    return bytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#file.close();
    await rm(this.#path, { force: true });
  }
}
