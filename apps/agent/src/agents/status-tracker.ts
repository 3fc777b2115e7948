import type { Clock } from "../clock.ts";
import type { Terminal } from "../terminals/terminal.ts";
import type { Agent, AgentStatus } from "./agent.ts";

/** A status must hold this long before it is told: a prompt that flashes by between two commands is none. */
const settleMs = 80;

/** Follows what the agent in a terminal is doing. */
export class StatusTracker {
  readonly #terminal: Terminal;
  readonly #agent: Agent | undefined;
  readonly #clock: Clock;
  readonly #onChange: (status: AgentStatus) => void;
  readonly #stopListening: () => void;
  #status: AgentStatus;
  #cancel: (() => void) | undefined;

  constructor(
    terminal: Terminal,
    agent: Agent | undefined,
    { clock, onChange }: { clock: Clock; onChange: (status: AgentStatus) => void },
  ) {
    this.#terminal = terminal;
    this.#agent = agent;
    this.#clock = clock;
    this.#onChange = onChange;
    this.#status = this.#look();
    this.#stopListening = terminal.listen({
      onFacts: () => this.#facts(),
      onExit: () => this.#settle(),
    });
  }

  get status(): AgentStatus {
    return this.#status;
  }

  #look(): AgentStatus {
    if (this.#terminal.exit) return "exited";
    return this.#agent?.status(this.#terminal.facts) ?? "unknown";
  }

  #facts(): void {
    if (this.#look() === this.#status) {
      this.#cancel?.();
      this.#cancel = undefined;
    } else {
      this.#cancel ??= this.#clock.after(settleMs, () => this.#settle());
    }
  }

  #settle(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const status = this.#look();
    if (status === this.#status) return;
    this.#status = status;
    this.#onChange(status);
  }

  [Symbol.dispose](): void {
    this.#cancel?.();
    this.#stopListening();
  }
}
