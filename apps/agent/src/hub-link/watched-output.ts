import { CATCH_UP_BYTES, type DaemonFrame, OUTPUT_IN_FLIGHT_BYTES } from "@orchestratia/protocol/server-link";
import { encodeSnapshot, encodeTerminalFrame, TERMINAL_KINDS } from "@orchestratia/protocol/terminal-frame";
import type { Clock } from "../clock.ts";
import type { OutputFrame } from "../terminals/output-frame.ts";
import { OutputWindow } from "../terminals/output-window.ts";
import type { Terminal } from "../terminals/terminal.ts";
import type { Outgoing, OutputSource, OutputTurns, Turn } from "./output-turns.ts";

/** What is smaller leaves as a copy: a socket that does not take it would keep a frame's room for each. */
const copiedBytes = 4 * 1024;

export interface WatchedOutputOptions {
  terminal: Terminal;
  /** The session's number on the hub. */
  number: number;
  from: number | null;
  turns: OutputTurns;
  clock: Clock;
  /** Called when more of the output has gone to the socket. */
  onSent: () => void;
}

/** What waits for its turn; `reaches` is where the output stands when it is sent. */
type Waiting = { offset: number; output: OutputFrame } | { frame: Outgoing; reaches: number | undefined };

/**
 * A session's output on its way to a hub that watches it: bytes, sizes and snapshots in the order in which they
 * happened, bytes at most OUTPUT_IN_FLIGHT_BYTES ahead of the hub's ack. The holder hears only of what was acked, so a
 * hub that is slow slows the program.
 */
export class WatchedOutput implements OutputSource {
  readonly #options: WatchedOutputOptions;
  readonly #window: OutputWindow;
  #waiting: Waiting[] = [];
  /** Behind the last byte that came; undefined until it is known where the output begins. */
  #gathered: number | undefined;
  /** Behind the last byte that is in a frame. */
  #framed = 0;
  #sent = -1;
  #acked = 0;

  constructor(options: WatchedOutputOptions) {
    const { terminal, clock, from } = options;
    this.#options = options;
    this.#window = new OutputWindow(clock, (output) => this.#gather(output));
    terminal.subscribe(
      {
        onSubscribed: (offset) => this.#began(offset),
        onOutput: (offset, bytes) => {
          this.#gathered = offset + bytes.length;
          this.#window.push(bytes);
        },
        onResized: (offset, size) =>
          this.#resized({ type: "session_resized", session_id: terminal.id, offset, ...size }),
        onSnapshot: (offset, { size, text }) => this.#snapshot(offset, encodeSnapshot({ ...size, text })),
      },
      from,
      CATCH_UP_BYTES,
    );
  }

  /** Behind the last byte that went to the socket; -1 before the first. */
  get sent(): number {
    return this.#sent;
  }

  #gather(output: OutputFrame): void {
    const offset = this.#framed;
    this.#framed += output.length;
    // Many small ones that wait must not hold a frame's room each.
    const last = this.#waiting.at(-1);
    if (last && "output" in last && last.output.append(output)) output.release();
    else this.#queue({ offset, output });
  }

  #began(offset: number): void {
    // The second time it is the connection to the holder that began again, where it broke.
    if (offset < 0 || this.#gathered !== undefined) return;
    this.#startAt(offset);
    this.#sent = offset;
    this.#options.onSent();
  }

  #startAt(offset: number): void {
    this.#gathered = offset;
    this.#framed = offset;
    this.#acked = offset;
  }

  #resized(frame: Extract<DaemonFrame, { type: "session_resized" }>): void {
    this.#window.flush();
    this.#queue({ frame: JSON.stringify(frame), reaches: undefined });
  }

  #snapshot(offset: number, payload: Uint8Array): void {
    this.#window.flush();
    const isAhead = this.#gathered === undefined || offset > this.#gathered;
    if (isAhead) {
      this.#startAt(offset);
      // The hub repaints: what it had not got of the output before is not needed any more, nor is an earlier repaint.
      this.#forget((waiting) => "output" in waiting || waiting.reaches !== undefined);
    }
    const frame = { kind: TERMINAL_KINDS.snapshot, session: this.#options.number, offset, payload };
    this.#queue({ frame: encodeTerminalFrame(frame), reaches: isAhead ? offset : undefined });
  }

  #queue(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#options.turns.add(this);
  }

  #forget(isNotNeeded: (waiting: Waiting) => boolean): void {
    const forgotten = this.#waiting.filter(isNotNeeded);
    this.#waiting = this.#waiting.filter((waiting) => !forgotten.includes(waiting));
    for (const waiting of forgotten) if ("output" in waiting) waiting.output.release();
  }

  /** The hub has consumed every byte before `offset`. */
  ack(offset: number): void {
    const acked = Math.min(offset, this.#sent);
    if (acked <= this.#acked) return;
    this.#acked = acked;
    this.#options.terminal.consumed(acked);
    if (this.#waiting.length > 0) this.#options.turns.add(this);
  }

  /** Puts a snapshot into the stream as soon as the bytes before it went. */
  takeSnapshot(): void {
    this.#options.terminal.takeSnapshot();
  }

  next(): Turn | undefined {
    const [first] = this.#waiting;
    if (first === undefined) return undefined;
    if ("frame" in first) {
      this.#waiting.shift();
      if (first.reaches !== undefined) this.#reached(first.reaches);
      return { frame: first.frame };
    }
    const { offset, output } = first;
    const room = this.#acked + OUTPUT_IN_FLIGHT_BYTES - offset;
    if (room <= 0) return undefined;
    if (output.length <= room) this.#waiting.shift();
    else this.#waiting[0] = { offset: offset + room, output: output.split(room) };
    this.#reached(offset + output.length);
    const frame = output.encode(this.#options.number, offset);
    if (output.length > copiedBytes) return { frame, onTaken: () => output.release() };
    const copy = Buffer.from(frame);
    output.release();
    return { frame: copy };
  }

  #reached(offset: number): void {
    this.#sent = offset;
    // After the caller has sent it.
    queueMicrotask(this.#options.onSent);
  }

  /** Sends what the window still gathers. */
  flush(): void {
    this.#window.flush();
  }

  [Symbol.dispose](): void {
    this.#window.drop();
    this.#forget(() => true);
    this.#options.turns.remove(this);
    this.#options.terminal.unsubscribe();
  }
}
