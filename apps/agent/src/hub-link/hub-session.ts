import { toBase64 } from "@orchestratia/protocol/base64";
import type { DaemonFrame } from "@orchestratia/protocol/server-link";
import type { Agent } from "../agents/agent.ts";
import { StatusTracker } from "../agents/status-tracker.ts";
import type { Clock } from "../clock.ts";
import { OutputWindow } from "../terminals/output-window.ts";
import type { Terminal } from "../terminals/terminal.ts";
import { Typist } from "../terminals/typing.ts";
import type { Delivery } from "./deliveries.ts";

const screenEveryMs = 5000;
/** Empties a terminal and its modes, so that a snapshot can be painted. */
const resetSequence = "\x1bc";

/** Sends a frame to the hub; `onFlushed` is called when the socket has taken it, never when it broke first. */
export type Send = (frame: DaemonFrame, onFlushed?: () => void) => void;

/**
 * One session as its hub sees it. It exists as long as its terminal and is attached to a link whenever there is one:
 *
 *   detached: the program goes on; its output waits in the holder, from where the last link's socket had taken it
 *   attached: status, screen and output flow; when the program ended and its last byte left, the hub is told, and
 *             when the socket has taken that, the holder may go
 *
 * Version 1 has no acknowledgement: what a dying socket had taken and not delivered is lost to the hub.
 */
export class HubSession {
  readonly terminal: Terminal;
  readonly #agent: Agent | undefined;
  readonly #tracker: StatusTracker;
  readonly #typist: Typist;
  readonly #window: OutputWindow;
  readonly #onGone: () => void;
  readonly #stopListening: () => void;
  #send: Send | undefined;
  /** The offset behind the last byte given to the window; undefined until the subscription says where it begins. */
  #gathered: number | undefined;
  #isClosing = false;
  #screen = "";
  #screenTimer: NodeJS.Timeout | undefined;
  #onReported: (() => void)[] = [];
  /** The assignment that was typed last: a hub that is not sure pushes it again. */
  #typedOnce: string | undefined;

  constructor(terminal: Terminal, agent: Agent | undefined, { clock, onGone }: { clock: Clock; onGone: () => void }) {
    this.terminal = terminal;
    this.#agent = agent;
    this.#onGone = onGone;
    this.#tracker = new StatusTracker(terminal, agent, { clock, onChange: () => this.#statusChanged() });
    this.#typist = new Typist(
      (bytes) => terminal.input(bytes),
      () => this.#tracker.status === "idle",
      clock,
    );
    this.#window = new OutputWindow(clock, (bytes) => this.#sendOutput(bytes));
    this.#stopListening = terminal.listen({ onFacts() {}, onExit: () => this.#closeWhenDone() });
  }

  get id(): string {
    return this.terminal.id;
  }

  /** From now on the hub is told everything, beginning with `started` for a program that runs. */
  attach(send: Send, { isRecovered }: { isRecovered: boolean }): void {
    if (this.#send) return;
    this.#send = send;
    if (!this.terminal.exit) {
      this.reportStarted(isRecovered);
      this.#statusChanged();
    }
    this.#gathered = undefined;
    this.terminal.subscribe({
      onSubscribed: (offset) => {
        this.#gathered = offset;
        this.#closeWhenDone();
      },
      onOutput: (offset, bytes) => {
        this.#gathered = offset + bytes.length;
        this.#window.push(bytes);
        this.#closeWhenDone();
      },
      onSnapshot: (offset, text) => {
        this.#window.drop();
        this.#gathered = offset;
        this.#sendOutput(Buffer.concat([Buffer.from(resetSequence), text]));
        this.#closeWhenDone();
      },
    });
    this.#screen = "";
    this.#screenTimer = setInterval(() => void this.#sendScreen(), screenEveryMs);
    this.#closeWhenDone();
  }

  /** The link broke: what it had not taken will be sent to the next one. */
  detach(): void {
    this.#send = undefined;
    this.#isClosing = false;
    this.#window.drop();
    clearInterval(this.#screenTimer);
    this.terminal.unsubscribe();
  }

  reportStarted(isRecovered: boolean): void {
    const { id, record } = this.terminal;
    this.#send?.({
      type: "session_started",
      session_id: id,
      pid: record.pid,
      tmux_name: "",
      working_dir: record.cwd,
      recovered: isRecovered,
    });
  }

  /** Resolves when the hub knows how this session ended; only for sessions that ended. */
  async reported(): Promise<void> {
    await new Promise<void>((resolve) => this.#onReported.push(resolve));
  }

  #statusChanged(): void {
    const { status } = this.#tracker;
    this.#send?.({ type: "session_status", session_id: this.id, agent_status: status });
    this.#typist.proceed();
  }

  #sendOutput(bytes: Buffer): void {
    const consumed = this.#gathered;
    this.#send?.({ type: "session_output", session_id: this.id, data: toBase64(bytes) }, () => {
      if (consumed !== undefined) this.terminal.consumed(consumed);
    });
  }

  async #sendScreen(): Promise<void> {
    const lines = await this.terminal.lines("screen");
    const screen = lines.join("\n");
    if (screen === this.#screen || !this.#send) return;
    this.#screen = screen;
    this.#send({ type: "session_screen", session_id: this.id, lines });
  }

  #closeWhenDone(): void {
    const { exit, hasHolder } = this.terminal;
    if (!exit || !this.#send || this.#isClosing) return;
    const isComplete = this.#gathered !== undefined && this.#gathered >= exit.offset;
    if (hasHolder && !isComplete) return;
    this.#isClosing = true;
    this.#window.flush();
    const exitCode = exit.signal === null ? exit.code : -exit.signal;
    this.#send({ type: "session_closed", session_id: this.id, exit_code: exitCode }, () => this.#collected());
  }

  #collected(): void {
    this.terminal.collected();
    this[Symbol.dispose]();
    for (const reported of this.#onReported) reported();
    this.#onGone();
  }

  /** Queues a line for the agent; false when it must not or cannot be typed here. */
  deliver(delivery: Delivery): boolean {
    if (delivery.quotes && this.#agent?.kind === "shell") return false;
    if (delivery.once !== undefined && delivery.once === this.#typedOnce) return true;
    const isTaken = this.#typist.add(delivery);
    if (isTaken && delivery.once !== undefined) this.#typedOnce = delivery.once;
    return isTaken;
  }

  async sendScrollback(): Promise<void> {
    const lines = await this.terminal.lines("scrollback");
    this.#send?.({ type: "scrollback_captured", session_id: this.id, lines });
  }

  [Symbol.dispose](): void {
    this.#tracker[Symbol.dispose]();
    this.#typist[Symbol.dispose]();
    this.#stopListening();
    this.#window.drop();
    clearInterval(this.#screenTimer);
  }
}
