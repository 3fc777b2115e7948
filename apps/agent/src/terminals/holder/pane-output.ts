import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";

/** The bytes of a named pipe that some other process writes; made anew, since who wrote the last one may still. */
export class PaneOutput {
  readonly #path: string;
  readonly #socket: Socket;
  readonly #onBytes: (bytes: Buffer) => void;
  /** A writer of our own: without one the pipe ends before the other has come. */
  #writer: number | undefined;

  /** `onEnd` is called when nobody writes any more, after the last byte. */
  constructor(folder: string, isPaused: boolean, onBytes: (bytes: Buffer) => void, onEnd: () => void) {
    this.#path = join(folder, `pane-${process.hrtime.bigint()}`);
    this.#onBytes = onBytes;
    execFileSync("mkfifo", ["-m", "600", this.#path], { stdio: "ignore" });
    this.#writer = openSync(this.#path, constants.O_RDWR | constants.O_NONBLOCK);
    const fd = openSync(this.#path, constants.O_RDONLY | constants.O_NONBLOCK);
    this.#socket = new Socket({ fd, readable: true, writable: false });
    this.#socket.on("data", (bytes: Buffer) => this.#read(bytes)).on("error", () => {});
    this.#socket.on("close", onEnd);
    if (isPaused) this.#socket.pause();
  }

  /**
   * For a shell: writes what it reads. Its first byte says that it has come. It waits for no reader, and ends when there
   * is none any more: for that it must not keep the one that it opens the pipe with.
   */
  get command(): string {
    const path = `'${this.#path.replaceAll("'", "'\\''")}'`;
    return `test -p ${path} && exec 3<>${path} 4>${path} 3<&- && printf x >&4 && exec cat >&4`;
  }

  #read(bytes: Buffer): void {
    const isFirst = this.#writer !== undefined;
    this.close();
    const rest = isFirst ? bytes.subarray(1) : bytes;
    if (rest.length > 0) this.#onBytes(rest);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Nobody will write who does not already. */
  close(): void {
    if (this.#writer === undefined) return;
    closeSync(this.#writer);
    this.#writer = undefined;
    rmSync(this.#path, { force: true });
  }
}
