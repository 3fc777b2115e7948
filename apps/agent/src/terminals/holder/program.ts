import { closeSync, constants, openSync, readSync } from "node:fs";
import type { Pty } from "node-pty";
import { spawn } from "node-pty";
import { isTreeGone, type ProcessTree, signalTree } from "./process-session.ts";
import { PtyInput } from "./pty-input.ts";
import type { ProgramOptions, SessionProgram } from "./session-program.ts";

/** A background job may write for ever; what the program itself left behind is far less than this. */
const largestTail = 1024 * 1024;
/** A read of at least this much has probably more behind it; an echo is far below. */
const fullRead = 2048;
const batchBytes = 64 * 1024;

/**
 * A program in a pseudo terminal whose every byte is delivered, the last ones too.
 *
 * Two things would lose the tail. libuv takes "some bytes and hang-up" for the end of the stream, so we hold the slave
 * open and there is no hang-up until we are done. And node-pty destroys its socket 200 ms after the exit, read or not
 * (a paused one is not), so its `destroy` is preceded by reading the master until the kernel has nothing left.
 */
export class Program implements SessionProgram {
  readonly canWait = true;
  readonly #pty: Pty;
  readonly #slave: number;
  readonly #input: PtyInput;
  readonly #sessionId: string | undefined;
  readonly #onOutput: (bytes: Buffer) => void;
  readonly #seen = new Set<string>();
  #ended = false;

  constructor(options: ProgramOptions) {
    const [file, ...args] = options.command;
    if (file === undefined) throw new Error("no command");
    this.#onOutput = options.onOutput;
    this.#sessionId = options.env.ORCHESTRATIA_SESSION_ID;
    this.#pty = spawn(file, args, {
      cwd: options.cwd,
      env: options.env,
      cols: options.cols,
      rows: options.rows,
      name: "xterm-256color",
      encoding: null,
    });
    this.#slave = openSync(this.#pty._pty, constants.O_RDWR | constants.O_NOCTTY);
    this.#input = new PtyInput(this.#pty.fd);
    this.#pty.onData((bytes) => this.#onOutput(this.#readOn(bytes)));
    this.#pty.onExit(({ exitCode, signal }) =>
      options.onExit(signal ? { code: null, signal } : { code: exitCode, signal: null }),
    );
    const socket = this.#pty._socket;
    // node-pty throws what nobody else listens for; an error of the terminal is followed by its end anyway.
    socket.on("error", () => {});
    const destroy = socket.destroy.bind(socket);
    socket.destroy = (error?: Error) => {
      if (!this.#ended) {
        this.#ended = true;
        this.#input.close();
        this.#drain();
        closeSync(this.#slave);
      }
      return destroy(error);
    };
  }

  get pid(): number {
    return this.#pty.pid;
  }

  get programPid(): number {
    return this.#pty.pid;
  }

  /**
   * `bytes` and what the kernel has behind them: it gives 4 KiB at a time, and a turn of the event loop for each would
   * be most of what a flood costs.
   */
  #readOn(bytes: Buffer): Buffer {
    // What a paused stream has read already comes before what the kernel has.
    if (bytes.length < fullRead || this.#ended || this.#pty._socket.readableLength > 0) return bytes;
    const batch = Buffer.allocUnsafeSlow(batchBytes);
    let length = bytes.copy(batch);
    while (length + fullRead <= batchBytes) {
      const read = this.#readNow(batch, length);
      length += read;
      if (read < fullRead) break;
    }
    return batch.subarray(0, length);
  }

  /** 0 when the kernel has nothing now, or never again. */
  #readNow(into: Buffer, at: number): number {
    try {
      return readSync(this.#pty.fd, into, at, into.length - at, null);
    } catch {
      return 0; // EAGAIN: nothing is left; EIO: nobody has it open any more
    }
  }

  #drain(): void {
    const socket = this.#pty._socket;
    // What a paused stream has read already comes first; read() hands it to the data listener.
    while (socket.read() !== null);
    const chunk = Buffer.allocUnsafe(64 * 1024);
    for (let drained = 0; drained < largestTail; ) {
      const length = this.#readNow(chunk, 0);
      if (length === 0) return;
      drained += length;
      this.#onOutput(Buffer.from(chunk.subarray(0, length)));
    }
  }

  pause(): void {
    if (!this.#ended) this.#pty.pause();
  }

  resume(): void {
    if (!this.#ended) this.#pty.resume();
  }

  write(bytes: Buffer): boolean {
    return this.#input.write(bytes);
  }

  resize(cols: number, rows: number): void {
    if (!this.#ended) this.#pty.resize(cols, rows);
  }

  get #tree(): ProcessTree {
    // Its number may be another's when it is gone.
    return { leader: this.#ended ? undefined : this.#pty.pid, sessionId: this.#sessionId, seen: this.#seen };
  }

  signal(signal: NodeJS.Signals): void {
    signalTree(this.#tree, signal);
  }

  isTreeGone(): boolean {
    return isTreeGone(this.#tree);
  }
}
