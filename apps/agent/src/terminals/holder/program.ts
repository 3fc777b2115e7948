import { closeSync, constants, openSync, readSync } from "node:fs";
import type { Pty } from "node-pty";
import { spawn } from "node-pty";
import { isTreeGone, type ProcessTree, signalTree } from "./process-session.ts";

/** More input than this waiting for a program that does not read is refused: nobody types that much. */
const largestInputBacklog = 4 * 1024 * 1024;
/** A background job may write for ever; what the program itself left behind is far less than this. */
const largestTail = 1024 * 1024;

export interface ProgramOptions {
  command: string[];
  cwd: string;
  env: Record<string, string>;
  cols: number;
  rows: number;
  onOutput(bytes: Buffer): void;
  /** Called once, after the last byte. */
  onExit(exit: { code: number | null; signal: number | null }): void;
}

/**
 * A program in a pseudo terminal whose every byte is delivered, the last ones too.
 *
 * Two things would lose the tail. libuv takes "some bytes and hang-up" for the end of the stream, so we hold the slave
 * open and there is no hang-up until we are done. And node-pty destroys its socket 200 ms after the exit, read or not
 * (a paused one is not), so its `destroy` is preceded by reading the master until the kernel has nothing left.
 */
export class Program {
  readonly #pty: Pty;
  readonly #slave: number;
  readonly #sessionId: string | undefined;
  readonly #onOutput: (bytes: Buffer) => void;
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
    this.#pty.onData((bytes) => this.#onOutput(bytes));
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
        this.#drain();
        closeSync(this.#slave);
      }
      return destroy(error);
    };
  }

  get pid(): number {
    return this.#pty.pid;
  }

  #drain(): void {
    const socket = this.#pty._socket;
    // What a paused stream has read already comes first; read() hands it to the data listener.
    while (socket.read() !== null);
    const chunk = Buffer.allocUnsafe(64 * 1024);
    for (let drained = 0; drained < largestTail; ) {
      let length = 0;
      try {
        length = readSync(this.#pty.fd, chunk, 0, chunk.length, null);
      } catch {
        return; // EAGAIN: nothing is left; EIO: nobody has it open any more
      }
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

  write(bytes: Buffer): void {
    const socket = this.#pty._socket;
    if (!this.#ended && socket.writable && socket.writableLength < largestInputBacklog) socket.write(bytes);
  }

  resize(cols: number, rows: number): void {
    if (!this.#ended) this.#pty.resize(cols, rows);
  }

  get #tree(): ProcessTree {
    // Its number may be another's when it is gone.
    return { leader: this.#ended ? undefined : this.#pty.pid, sessionId: this.#sessionId };
  }

  /** Sends `signal` to the program and to everything that it started, also when it is gone itself. */
  signal(signal: NodeJS.Signals): void {
    signalTree(this.#tree, signal);
  }

  /** Whether nothing runs any more of what it started. */
  isTreeGone(): boolean {
    return isTreeGone(this.#tree);
  }
}
