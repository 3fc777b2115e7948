import type { Activity, ActivityType } from "@orchestratia/protocol/activity";
import type { Logger } from "pino";
import type { Bus } from "./bus.ts";
import type { RunningPart } from "./running-part.ts";
import { SingleFile } from "./single-file.ts";

export interface ReactionOptions {
  /** For the log: what could not be done. */
  name: string;
  bus: Bus;
  log: Logger;
  on: readonly ActivityType[];
  /**
   * Does what follows from the facts: several at once when they come fast, in order. Idempotent, since a fact can come
   * twice. An error is logged; the rows are looked through again within 30 s.
   */
  onFacts(facts: readonly Activity[]): Promise<void>;
  /** The same from rows alone, for what was missed while the hub was away or the database down. */
  rederive(): Promise<void>;
}

/** What follows from facts, after their commit, one run at a time. */
export class Reaction implements RunningPart {
  readonly #options: ReactionOptions;
  readonly #unsubscribe: () => void;
  readonly #turns = new SingleFile(() => this.#turn());
  #facts: Activity[] = [];
  #everything = false;

  constructor(options: ReactionOptions) {
    this.#options = options;
    const kinds = new Set<string>(options.on);
    this.#unsubscribe = options.bus.subscribe((fact) => {
      if (!kinds.has(fact.event_type)) return;
      this.#facts.push(fact);
      this.#turns.run().catch((error) => {
        options.log.error({ err: error, reaction: options.name }, "a reaction failed; it is tried again within 30 s");
      });
    });
  }

  async rederive(): Promise<void> {
    this.#everything = true;
    await this.#turns.run();
  }

  settled(): Promise<void> {
    return this.#turns.settled();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unsubscribe();
    await this.settled();
  }

  async #turn(): Promise<void> {
    const facts = this.#facts;
    const everything = this.#everything;
    this.#facts = [];
    this.#everything = false;
    if (facts.length > 0) await this.#options.onFacts(facts);
    if (everything) await this.#options.rederive();
  }
}
