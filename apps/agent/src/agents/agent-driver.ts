import type { Facts } from "@orchestratia/holder-link/wire";
import type { Clock } from "../clock.ts";
import { typedLine } from "../terminals/typing.ts";
import type { Agent, AgentStatus } from "./agent.ts";
import { type HookStatus, sameStatus, type Waiting } from "./agent-state.ts";
import { chosenOption } from "./choices.ts";
import type { HookEvent } from "./hook-event.ts";
import { LimitEnd } from "./limit-end.ts";

/** A status that is seen, not told, must hold this long: a prompt that flashes by between two commands is none. */
const settleMs = 80;
/** The same for its first prompt: one agent shows it before it shows the dialog that comes first. */
const firstPromptMs = 1000;
/** How long a screen must say something else than the last hook before the screen is believed. */
const contradictionMs = 1500;
/** The same for a first prompt while more is loaded, and for one after work of which nothing was shown: a busy machine draws late. */
const lateScreenMs = 15_000;
/** How long a dialog may take to leave after its keys; a key that came too early is pressed again, then a person must. */
const dialogMs = 2500;
const mostPresses = 3;
/** An agent that shows one dialog after the other for ever is left to a person. */
const mostDialogs = 12;
/** How often it is looked whether an answer was taken, and how many times. */
const answerLookMs = 500;
const answerLooks = 12;
/** What a hook tells that it waits for is better read from the screen, with its options, once that shows it. */
const waitingShowsMs = 1000;
/** The clock of the machine may be set while we wait. */
const longestTimerMs = 60_000;
const defaultInterruptKeys = ["\x1b"];
/** Two keys in one piece may be read as another key. */
const betweenKeysMs = 300;

/** At its limit, or signed out, it stands at its prompt. */
const isBlocked = ({ for: what }: Waiting): boolean => what === "usage_limit" || what === "login";

export interface AgentState {
  status: AgentStatus;
  /** Present when and only when `status` is `waiting`. */
  waiting?: Waiting;
}

export interface DriverOptions {
  clock: Clock;
  /** False for an agent that was started long ago. */
  isStarting: boolean;
  /** What its holder can see now. */
  facts?: Facts | undefined;
  hasExited?: boolean;
  /** After how long a usage limit is over of which nobody says when it ends. */
  tryAgainMs: number;
  press(keys: string): void;
  onChange(state: AgentState): void;
  /** The agent's own id of its conversation became known, or it began another one. */
  onConversation(id: string): void;
}

/**
 * Follows and steers the agent of one session. What it is doing is taken from, in this order: its end; a tool that waits
 * for a decision of ours; its hooks, unless its screen shows otherwise for a while (an interrupt tells no hook); its
 * screen; its process. On the way from its start to its prompt it passes the dialogs that it knows.
 */
export class AgentDriver {
  readonly #agent: Agent | undefined;
  readonly #options: DriverOptions;
  #state: AgentState = { status: "unknown" };
  #facts: Facts | undefined;
  #hasExited = false;
  /** Until it was at its prompt once. Later a dialog's words on the screen may be anybody's, over a question of its own. */
  #isStarting: boolean;
  /** What is seen may only be the beginning of what it is about to show. */
  #isLoading = false;
  #told: HookStatus | undefined;
  #seen: HookStatus | undefined;
  /** Whether the screen has shown work since a hook told of it. */
  #hasShownWork = false;
  /** When what the screen shows began to differ from what the last hook told. */
  #contradictedSince: number | undefined;
  readonly #limitEnd: LimitEnd;
  readonly #decisions: Waiting[] = [];
  #dialog: { name: string; since: number; presses: number } | undefined;
  #dialogsPassed = 0;
  #pending: { state: AgentState; cancel: () => void } | undefined;
  #nextLook: { at: number; cancel: () => void } | undefined;

  constructor(agent: Agent | undefined, options: DriverOptions) {
    this.#agent = agent;
    this.#options = options;
    this.#limitEnd = new LimitEnd(options.tryAgainMs);
    this.#isStarting = options.isStarting;
    this.#facts = options.facts;
    this.#hasExited = options.hasExited ?? false;
    this.#state = this.#look();
  }

  get state(): AgentState {
    return this.#state;
  }

  /** One of its hooks told something. */
  hook(event: HookEvent): void {
    if (event.kind === "conversation") this.#options.onConversation(event.id);
    if (event.kind !== "status") return;
    const { kind: _, ...status } = event;
    // It stands at its prompt, and says so again after a while: the limit goes on.
    const limit = this.#told?.waiting?.for === "usage_limit" ? this.#told.waiting : undefined;
    if (status.status === "idle" && limit && !limit.goesOn) return;
    if (status.status !== this.#told?.status) this.#hasShownWork = false;
    this.#told = status;
    // What a hook tells is new, whatever it says.
    this.#limitEnd.forget();
    this.#isStarting = false;
    this.#contradictedSince = undefined;
    if (status.waiting && this.#agent?.screen) this.#consider();
    else this.#settle(this.#look());
  }

  /** A tool waits for a decision of ours until the returned function is called. */
  decide(text: string): () => void {
    const waiting: Waiting = { for: "permission", text };
    this.#decisions.push(waiting);
    this.#settle(this.#look());
    return () => {
      const at = this.#decisions.indexOf(waiting);
      if (at < 0) return;
      this.#decisions.splice(at, 1);
      this.#contradictedSince = undefined;
      this.#settle(this.#look());
    };
  }

  facts(facts: Facts): void {
    this.#facts = facts;
    this.#consider();
  }

  /** What the screen shows now, top to bottom. */
  screen(lines: readonly string[]): void {
    const { screen } = this.#agent ?? {};
    if (!screen) return;
    this.#seen = screen.read(lines);
    this.#passDialog(lines);
    const isLoading = this.#isStarting && (screen.isLoading?.(lines) ?? false);
    if (isLoading !== this.#isLoading) this.#drop();
    this.#isLoading = isLoading;
    if (this.#seen?.status === "working") this.#hasShownWork = true;
    this.#consider();
  }

  exited(): void {
    this.#hasExited = true;
    this.#settle({ status: "exited" });
  }

  /**
   * Answers what it waits for: chooses an option, or types words where none are offered. Calls back once: it went on, or
   * with a sentence that says why not.
   */
  answer(text: string, onDone: (failure: string | undefined) => void): void {
    const waiting = this.#seen?.waiting;
    if (this.#hasExited || this.#decisions.length > 0 || !waiting || waiting.for === "usage_limit") {
      onDone("the agent does not wait for an answer");
      return;
    }
    const option = chosenOption(waiting.options ?? [], text);
    if (waiting.options && option === undefined) {
      onDone(`the agent takes one of: ${waiting.options.join(" · ")}`);
      return;
    }
    const { clock, press } = this.#options;
    if (option === undefined) {
      press(typedLine(text));
      clock.after(betweenKeysMs, () => press("\r"));
    } else press(this.#keysOf(option, waiting));
    const look = (attempts: number): void => {
      const isOver = this.#hasExited || !this.#seen?.waiting || this.#seen.waiting.text !== waiting.text;
      if (isOver) onDone(undefined);
      else if (attempts === 0) onDone("the agent did not take the answer");
      else clock.after(answerLookMs, () => look(attempts - 1));
    };
    clock.after(answerLookMs, () => look(answerLooks));
  }

  /** Stops what it is doing; it goes back to its prompt. */
  interrupt(): void {
    const { clock, press } = this.#options;
    for (const [at, key] of (this.#agent?.interruptKeys ?? defaultInterruptKeys).entries()) {
      if (at === 0) press(key);
      // At the prompt the same key may open or end something.
      else clock.after(at * betweenKeysMs, () => this.#hasExited || this.#isAtPrompt() || press(key));
    }
  }

  /** A prompt that is drawn late is older than the work that was told. */
  #isAtPrompt(): boolean {
    return this.#state.status === "idle" || (this.#seen?.status === "idle" && this.#hasShownWork);
  }

  #passDialog(lines: readonly string[]): void {
    const shown = this.#isStarting ? this.#agent?.screen?.dialogs.find((one) => one.shows(lines)) : this.#endOfLimit();
    if (!shown) {
      this.#dialog = undefined;
      return;
    }
    const now = this.#options.clock.now();
    const before = this.#dialog?.name === shown.name ? this.#dialog : undefined;
    if (before && (now - before.since < dialogMs || before.presses >= mostPresses)) return;
    if (this.#isStarting && this.#dialogsPassed >= mostDialogs) return;
    this.#dialogsPassed += 1;
    this.#dialog = { name: shown.name, since: now, presses: (before?.presses ?? 0) + 1 };
    this.#options.press(shown.keys);
  }

  /** The dialog of a usage limit that is over. */
  #endOfLimit(): { name: string; keys: string } | undefined {
    const waiting = this.#seen?.waiting;
    if (waiting?.for !== "usage_limit" || !waiting.options || this.#limitEnd.read(waiting).leftMs > 0) return undefined;
    const option = this.#agent?.screen?.afterLimit?.(waiting.options);
    return option === undefined ? undefined : { name: "usage limit", keys: this.#keysOf(option, waiting) };
  }

  #keysOf(option: number, waiting: Waiting): string {
    return this.#agent?.screen?.optionKeys?.(option, waiting) ?? String(option + 1);
  }

  #look(): AgentState {
    const state = this.#lookNow();
    if (state.status === "working") this.#limitEnd.forget();
    if (state.waiting?.for !== "usage_limit") return state;
    const { leftMs, waiting } = this.#limitEnd.read(state.waiting);
    if (leftMs <= 0) {
      // Its dialog is on the way to being answered.
      if (this.#seen?.waiting?.options) return { ...state, waiting };
      return { status: state.waiting.goesOn ? "working" : "idle" };
    }
    this.#lookAgain(Math.min(leftMs, longestTimerMs));
    return { ...state, waiting };
  }

  #lookNow(): AgentState {
    if (this.#hasExited) return { status: "exited" };
    const decision = this.#decisions[0];
    if (decision) return { status: "waiting", waiting: decision };
    const now = this.#options.clock.now();
    if (this.#isStarting && this.#dialog && now - this.#dialog.since < dialogMs) return { status: "working" };
    if (this.#seen?.waiting && this.#told?.waiting && !isBlocked(this.#told.waiting)) return this.#seen;
    if (this.#told && !this.#isContradicted(this.#told, now)) return this.#told;
    if (this.#seen) return this.#seen;
    if (this.#told) return this.#told;
    return { status: (this.#facts && this.#agent?.status(this.#facts)) ?? "unknown" };
  }

  #isContradicted(told: HookStatus, now: number): boolean {
    if (!this.#seen || this.#seen.status === told.status) {
      this.#contradictedSince = undefined;
      return false;
    }
    // At its limit, or signed out, it stands at its prompt: only work shows that this is over.
    if (told.waiting && isBlocked(told.waiting) && this.#seen.status === "idle") return false;
    this.#contradictedSince ??= now;
    const isLate = told.status === "working" && this.#seen.status === "idle" && !this.#hasShownWork;
    const leftMs = (isLate ? lateScreenMs : contradictionMs) - (now - this.#contradictedSince);
    if (leftMs <= 0) return true;
    this.#lookAgain(leftMs);
    return false;
  }

  #lookAgain(ms: number): void {
    const { clock } = this.#options;
    const at = clock.now() + ms;
    if (this.#nextLook && this.#nextLook.at <= at) return;
    this.#nextLook?.cancel();
    const cancel = clock.after(ms, () => {
      this.#nextLook = undefined;
      this.#consider();
    });
    this.#nextLook = { at, cancel };
  }

  /** What is only seen is told when it has held for a moment. */
  #consider(): void {
    const state = this.#look();
    if (sameStatus(state, this.#state)) {
      this.#drop();
      return;
    }
    if (this.#pending && sameStatus(state, this.#pending.state)) return;
    this.#drop();
    this.#pending = {
      state,
      cancel: this.#options.clock.after(this.#heldMs(state), () => this.#settle(this.#look())),
    };
  }

  #heldMs(state: AgentState): number {
    if (this.#isStarting && state.status === "idle") return this.#isLoading ? lateScreenMs : firstPromptMs;
    return state.waiting && state === this.#told ? waitingShowsMs : settleMs;
  }

  #drop(): void {
    this.#pending?.cancel();
    this.#pending = undefined;
  }

  #settle(state: AgentState): void {
    this.#drop();
    if (state.status === "idle") {
      this.#isStarting = false;
      this.#dialog = undefined;
    }
    if (sameStatus(state, this.#state)) return;
    this.#state = state;
    this.#options.onChange(state);
  }

  [Symbol.dispose](): void {
    this.#drop();
    this.#nextLook?.cancel();
  }
}
