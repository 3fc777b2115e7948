import type { Size } from "@orchestratia/holder-link/wire";
import serialize from "@xterm/addon-serialize";
import headless from "@xterm/headless";
import { type Skip, skipPlain } from "./plain-output.ts";

/** What xterm.js does not tell; where it is named otherwise nothing is skipped. */
interface Inside {
  _core?: {
    buffer?: { scrollTop?: number; scrollBottom?: number };
    _inputHandler?: { _parser?: { currentState?: number } };
  };
}

const ground = 0;

/** A terminal without a screen, of which it is known when it may pass over output and stay exact. */
export class Emulator {
  readonly terminal;
  readonly #serializer = new serialize.SerializeAddon();
  readonly #scrollback: number;

  constructor(size: Size, scrollback: number) {
    this.#scrollback = scrollback;
    this.terminal = new headless.Terminal({ ...size, scrollback, allowProposedApi: true, logLevel: "off" });
    this.terminal.loadAddon(this.#serializer);
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => this.terminal.write(bytes, resolve));
  }

  /** Forgets all that was written. */
  reset(): void {
    this.terminal.reset();
  }

  resize({ cols, rows }: Size): void {
    this.terminal.resize(cols, rows);
  }

  /** What paints this terminal on an empty one of its size. */
  serialize(scrollback: number): string {
    return this.#serializer.serialize({ scrollback });
  }

  /**
   * How much of the beginning of `bytes` leaves no trace once what is behind it was written. When `instead` was written
   * for it this is the terminal of no moment, until the rest was too.
   *
   * Whatever row the cursor is in, `rows` line feeds take it to the last one, and the next `scrollback + rows` push out
   * every line that is there: what is left are the cursor's column, the colours, and what plain output cannot change.
   */
  skippable(bytes: Buffer): Skip | undefined {
    return this.#scrollsAll ? skipPlain(bytes, this.#scrollback + 2 * this.terminal.rows) : undefined;
  }

  /** Between characters and sequences, and with no lines that stay while others scroll. */
  get #scrollsAll(): boolean {
    const core = (this.terminal as unknown as Inside)._core;
    return (
      core?._inputHandler?._parser?.currentState === ground &&
      core.buffer?.scrollTop === 0 &&
      core.buffer.scrollBottom === this.terminal.rows - 1
    );
  }

  [Symbol.dispose](): void {
    this.terminal.dispose();
  }
}
