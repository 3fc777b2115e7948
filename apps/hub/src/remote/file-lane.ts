import type { TerminalFrame } from "@orchestratia/protocol/terminal-frame";

/**
 * The bytes of files on their way to one server, one frame at a time: the next goes when the one before has left the hub,
 * so that what people type waits behind no more than that one.
 */
export class FileLane {
  readonly #send: (frame: TerminalFrame) => Promise<boolean>;
  #queue: TerminalFrame[] = [];
  #isPumping = false;

  /** `send` answers when the frame has left the hub; false when it could not. */
  constructor(send: (frame: TerminalFrame) => Promise<boolean>) {
    this.#send = send;
  }

  push(frame: TerminalFrame): void {
    this.#queue.push(frame);
    if (!this.#isPumping) void this.#pump();
  }

  /** Takes back what waits of the run with this number. */
  forget(number: number): void {
    this.#queue = this.#queue.filter(({ session }) => session !== number);
  }

  async #pump(): Promise<void> {
    this.#isPumping = true;
    for (let frame = this.#queue.shift(); frame; frame = this.#queue.shift()) {
      // Of a link that broke its transfers hear anyway; they begin a new run.
      await this.#send(frame);
    }
    this.#isPumping = false;
  }
}
