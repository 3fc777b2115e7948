import type { DaemonFrame, SessionInventory } from "@orchestratia/protocol/server-link";
import type { Agent } from "../agents/agent.ts";
import { FollowedAgent } from "../agents/followed-agent.ts";
import type { HookEvent } from "../agents/hook-event.ts";
import type { Clock } from "../clock.ts";
import { endedBecause } from "../limits/ended-because.ts";
import { RecordingSender } from "../recording/recording-sender.ts";
import { recordingFolder } from "../recording/segment-file.ts";
import { keptAgoMs } from "../terminals/silence.ts";
import type { Terminal, TerminalState } from "../terminals/terminal.ts";
import { Typist } from "../terminals/typing.ts";
import type { Delivery } from "./deliveries.ts";
import type { OutputTurns } from "./output-turns.ts";
import { SessionDeliveries } from "./session-deliveries.ts";
import { TypedDeliveries } from "./typed-deliveries.ts";
import { WatchedOutput } from "./watched-output.ts";

const screenEveryMs = 5000;
/** How long a hub that watches may take for the last bytes before it is told of the end all the same. */
const lastBytesMs = 5000;
/** How long, while it is linked, a hub may take for what is left of the recording of a session whose end it knows. */
const lastSegmentsMs = 10 * 60_000;

/** What a link to the hub offers its sessions. */
export interface SessionLink {
  send(frame: DaemonFrame): void;
  readonly turns: OutputTurns;
}

interface HubSessionOptions {
  clock: Clock;
  /** After so long an agent at a usage limit whose end nobody says is tried again. */
  tryAgainMs: number;
  /** The agent's own id of its conversation became known, or it began another one. */
  onConversation(id: string): void;
  onGone(): void;
}

/**
 * One session as its hub sees it. It exists as long as its terminal and is attached to a link whenever there is one:
 *
 *   detached:  the program goes on; nobody is told anything, the holder's ring and the recording keep what it prints
 *   attached:  status and changed screens are told, recording segments go when nothing better has to
 *   watched:   attached, and output flows from where the hub asked for it, as fast as the hub acks it
 *   ended:     each link hears of it (a watched one behind the last byte), until the hub has acked that it knows and
 *              has the recording; then the holder may go
 */
export class HubSession {
  readonly terminal: Terminal;
  readonly #agent: FollowedAgent;
  readonly #typist: Typist;
  readonly #deliveries: SessionDeliveries;
  readonly #recording: RecordingSender;
  readonly #clock: Clock;
  readonly #onGone: () => void;
  readonly #stopListening: () => void;
  #link: SessionLink | undefined;
  /** The hub's number for this session; it may be another after each sign-in. */
  #number: number | undefined;
  #watched: WatchedOutput | undefined;
  #isEndTold = false;
  #isCollecting = false;
  #cancelLastBytes: (() => void) | undefined;
  #screen = "";
  #screenTimer: NodeJS.Timeout | undefined;

  constructor(
    terminal: Terminal,
    agent: Agent | undefined,
    { clock, tryAgainMs, onConversation, onGone }: HubSessionOptions,
  ) {
    this.terminal = terminal;
    this.#clock = clock;
    this.#onGone = onGone;
    this.#agent = new FollowedAgent(terminal, agent, {
      clock,
      tryAgainMs,
      onChange: () => this.#statusChanged(),
      onConversation,
    });
    this.#typist = new Typist({
      input: (bytes) => terminal.input(bytes),
      // What is typed while the holder cannot be reached comes when nobody knows any more what the agent does.
      status: () => (terminal.hasHolder ? this.#agent.status : "exited"),
      cursorLine: () => terminal.facts.cursor_line ?? terminal.facts.prompt_line,
      clock,
      output: { end: async () => (await terminal.look()).end, printedAgoMs: () => keptAgoMs(terminal.folder) },
      isPasted: agent?.isPasted,
      interrupt: () => this.#agent.interrupt(),
    });
    this.#deliveries = new SessionDeliveries({
      sessionId: terminal.id,
      agent,
      typist: this.#typist,
      typed: new TypedDeliveries(terminal.folder),
      answer: (frame) => this.#link?.send(frame),
      printed: () => terminal.lines("scrollback"),
    });
    this.#recording = new RecordingSender({
      folder: recordingFolder(terminal.folder),
      send: (frame) => this.#link?.turns.recording(frame),
      clock,
    });
    this.#stopListening = terminal.listen({
      onFacts: () => this.#typist.proceed(),
      onExit: () => this.#ended(),
      onInputRefused: () => this.#refuseInput(),
    });
  }

  get id(): string {
    return this.terminal.id;
  }

  get number(): number | undefined {
    return this.#number;
  }

  inventory({ cols, rows, start, end }: TerminalState): SessionInventory {
    const { record, exit } = this.terminal;
    return {
      session_id: this.id,
      pid: record.pid,
      working_dir: record.cwd,
      cols,
      rows,
      start,
      end: Math.max(end, exit?.offset ?? 0),
      ...this.#agentState(),
      exit: exit && { exit_code: exitCode(exit), offset: exit.offset },
    };
  }

  /** From now on the hub is told what happens. */
  attach(link: SessionLink): void {
    if (this.#link) return;
    this.#link = link;
    this.#screen = "";
    this.#screenTimer = setInterval(() => void this.#sendScreen(), screenEveryMs);
    this.#tellEnd();
  }

  /** The link broke. */
  detach(): void {
    this.unwatch();
    this.#link = undefined;
    this.#number = undefined;
    this.#isEndTold = false;
    this.#recording.stop();
    clearInterval(this.#screenTimer);
  }

  /** The hub knows the session by this number, and has its recording up to segment `recorded`. */
  named(number: number, recorded: number): void {
    this.#number = number;
    this.#recording.begin(number, recorded);
  }

  tellStarted(): void {
    const { id, record } = this.terminal;
    const running = { pid: record.pid, working_dir: record.cwd, tmux_name: "", recovered: false };
    this.#link?.send({ type: "session_started", session_id: id, ...running });
    this.#statusChanged();
  }

  watch(from: number | null): void {
    if (!this.#link || this.#number === undefined) return;
    this.unwatch();
    const { terminal } = this;
    const { turns } = this.#link;
    const onSent = () => this.#tellEnd();
    this.#watched = new WatchedOutput({ terminal, number: this.#number, from, turns, clock: this.#clock, onSent });
  }

  unwatch(): void {
    this.#watched?.[Symbol.dispose]();
    this.#watched = undefined;
    this.#tellEnd();
  }

  takeSnapshot(): void {
    this.#watched?.takeSnapshot();
  }

  ack(offset: number): void {
    this.#watched?.ack(offset);
  }

  recorded(segment: number): void {
    this.#recording.recorded(segment);
  }

  /** People typed this. */
  input(bytes: Uint8Array): void {
    if (this.terminal.input(bytes)) this.#typist.personTyped(bytes);
    else this.#refuseInput();
  }

  #refuseInput(): void {
    this.#link?.send({ type: "session_input_refused", session_id: this.id });
  }

  /** People should know this before its machine ends it. */
  warn(text: string): void {
    this.#link?.send({ type: "session_warning", session_id: this.id, text });
  }

  deliver(delivery: Delivery, id: string | undefined): void {
    this.#deliveries.deliver(delivery, id);
  }

  /** What people answered to what its agent waits for. */
  answerPrompt(text: string, id: string): void {
    this.#deliveries.answerPrompt(this.#agent, text, id);
  }

  /** A hook of its agent told something. */
  hook(event: HookEvent): void {
    this.#agent.hook(event);
  }

  /** People are asked about a tool until the returned function is called. */
  asking(text: string): () => void {
    return this.#agent.decide(text);
  }

  async sendScrollback(): Promise<void> {
    const lines = await this.terminal.lines("scrollback");
    this.#link?.send({ type: "scrollback_captured", session_id: this.id, lines });
  }

  #agentState() {
    const { status, waiting } = this.#agent.state;
    return { agent_status: status, ...(waiting && { waiting }) };
  }

  #statusChanged(): void {
    this.#link?.send({ type: "session_status", session_id: this.id, ...this.#agentState() });
    this.#typist.proceed();
  }

  async #sendScreen(): Promise<void> {
    const lines = await this.terminal.lines("screen");
    const screen = lines.join("\n");
    if (screen === this.#screen || !this.#link) return;
    this.#screen = screen;
    this.#link.send({ type: "session_screen", session_id: this.id, lines });
  }

  #ended(): void {
    this.#typist.end("the session has ended");
    this.#recording.look();
    this.#watched?.flush();
    this.#cancelLastBytes = this.#clock.after(lastBytesMs, () => {
      this.#cancelLastBytes = undefined;
      this.#tellEnd();
    });
    this.#tellEnd();
  }

  #tellEnd(): void {
    const { exit, hasHolder } = this.terminal;
    if (!exit || !this.#link || this.#isEndTold) return;
    const isFlowing = this.#watched && hasHolder && this.#watched.sent < exit.offset;
    if (isFlowing && this.#cancelLastBytes) return;
    this.#isEndTold = true;
    const { offset } = exit;
    const error = endedBecause(this.terminal.folder);
    this.#link.send({
      type: "session_closed",
      session_id: this.id,
      exit_code: exitCode(exit),
      offset,
      ...(error === undefined ? {} : { error }),
    });
  }

  /** The hub knows how the session ended: when it has the recording too, nothing of it is needed here any more. */
  async endKnown(): Promise<void> {
    if (!this.terminal.exit || this.#isCollecting) return;
    this.#isCollecting = true;
    if (this.#number !== undefined) await this.#recording.drained(lastSegmentsMs);
    this.terminal.collected();
    this.detach();
    this[Symbol.dispose]();
    this.#onGone();
  }

  [Symbol.dispose](): void {
    this.#agent[Symbol.dispose]();
    this.#typist[Symbol.dispose]();
    this.#recording[Symbol.dispose]();
    this.#stopListening();
    this.#cancelLastBytes?.();
    clearInterval(this.#screenTimer);
  }
}

/** The protocol's one number: below 0 the signal. */
const exitCode = ({ code, signal }: { code: number | null; signal: number | null }): number | null =>
  signal === null ? code : -signal;
