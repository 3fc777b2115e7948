import type { Clock } from "../clock.ts";
import type { Terminal } from "../terminals/terminal.ts";
import type { Agent, AgentStatus } from "./agent.ts";
import { AgentDriver, type AgentState } from "./agent-driver.ts";
import type { HookEvent } from "./hook-event.ts";
import { ScreenWatch } from "./screen-watch.ts";

/** An agent that an earlier daemon started this long ago may still be on the way to its prompt. */
const startMs = 120_000;

export interface FollowedAgentOptions {
  clock: Clock;
  tryAgainMs: number;
  onChange(state: AgentState): void;
  /** The agent's own id of its conversation became known, or it began another one. */
  onConversation(id: string): void;
}

/** The agent in a terminal: what it is doing, from all that can be known of it, and the keys that steer it. */
export class FollowedAgent {
  readonly #driver: AgentDriver;
  readonly #watch: ScreenWatch | undefined;
  readonly #stopListening: () => void;

  constructor(terminal: Terminal, agent: Agent | undefined, options: FollowedAgentOptions) {
    const { clock } = options;
    this.#driver = new AgentDriver(agent, {
      ...options,
      isStarting: Date.now() - Date.parse(terminal.record.started_at) < startMs,
      facts: terminal.facts,
      hasExited: terminal.exit !== null,
      press: (keys) => terminal.input(Buffer.from(keys)),
    });
    this.#stopListening = terminal.listen({
      onFacts: (facts) => this.#driver.facts(facts),
      onExit: () => this.#driver.exited(),
    });
    if (agent?.screen && !terminal.exit) {
      this.#watch = new ScreenWatch(terminal, {
        clock,
        isQuiet: () => this.#driver.state.status === "idle",
        onScreen: (lines) => this.#driver.screen(lines),
      });
    }
  }

  get state(): AgentState {
    return this.#driver.state;
  }

  get status(): AgentStatus {
    return this.#driver.state.status;
  }

  /** One of its hooks told something. */
  hook(event: HookEvent): void {
    this.#driver.hook(event);
    this.#watch?.look();
  }

  /** A tool waits for a decision of people until the returned function is called. */
  decide(text: string): () => void {
    return this.#driver.decide(text);
  }

  /** Answers what it waits for; calls back once, with a sentence when it did not take the answer. */
  answer(text: string, onDone: (failure: string | undefined) => void): void {
    this.#driver.answer(text, onDone);
  }

  /** Stops what it is doing; it goes back to its prompt. */
  interrupt(): void {
    this.#driver.interrupt();
  }

  [Symbol.dispose](): void {
    this.#watch?.[Symbol.dispose]();
    this.#driver[Symbol.dispose]();
    this.#stopListening();
  }
}
