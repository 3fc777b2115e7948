import type { Activity } from "@orchestratia/protocol/activity";
import type { Sql } from "../db/transaction.ts";
import type { Bus } from "../events/bus.ts";
import { isVisible, readFacts, type VisibleFacts } from "./visible-facts.ts";

/** Where a stream's text goes; a Node response fits. */
export interface TextSink {
  /** False when it has taken so much that one should wait for `drain`. */
  write(text: string): boolean;
  once(event: "drain" | "close", listener: () => void): unknown;
  readonly destroyed: boolean;
}

const PAGE = 500;
/** Facts that may wait for a reader who does not keep up; beyond it they are read again from the rows. */
const WAITING_MAX = 1_000;

/**
 * Writes facts as server-sent events, each once and in order: what was missed from the rows, then live ones as they
 * come. The bus publishes positions without gaps, so a fact that committed late comes behind those before it and is
 * never skipped.
 */
export class EventStream {
  readonly #sql: Sql;
  readonly #bus: Bus;
  readonly #sink: TextSink;
  #facts: VisibleFacts;
  #position: number;
  /** Undefined while facts are read from the rows: the live ones are found there as well. */
  #waiting: Activity[] | undefined;
  #wake: () => void = () => {};
  #ended = false;

  constructor(
    { sql, bus, sink }: { sql: Sql; bus: Bus; sink: TextSink },
    { facts, after }: { facts: VisibleFacts; after: number | undefined },
  ) {
    this.#sql = sql;
    this.#bus = bus;
    this.#sink = sink;
    this.#facts = facts;
    this.#position = Math.min(after ?? bus.position, bus.position);
  }

  /** What the reader may see has changed. */
  see(facts: VisibleFacts): void {
    this.#facts = facts;
    if (this.#waiting?.length === 0) this.#position = this.#bus.position;
    // What waits was picked for what they saw before.
    this.#waiting = undefined;
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** Resolves when the reader is gone or the stream was ended. */
  async run(): Promise<void> {
    const unsubscribe = this.#bus.subscribe((activity) => this.#hear(activity));
    this.#sink.once("close", () => this.end());
    try {
      await this.#catchUp();
      await this.#write(`id: ${this.#position}\nevent: caught_up\ndata: {"position":${this.#position}}\n\n`);
      while (!this.#ended) {
        const next = this.#waiting?.shift();
        if (next) await this.#tell(next);
        else if (this.#waiting === undefined) await this.#catchUp();
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      unsubscribe();
    }
  }

  #hear(activity: Activity): void {
    if (this.#waiting === undefined) return;
    if (isVisible(this.#facts, activity)) this.#waiting.push(activity);
    // A reader who does not keep up is told from the rows again: nothing grows meanwhile.
    if (this.#waiting.length > WAITING_MAX) this.#waiting = undefined;
    this.#wake();
  }

  /** Reads the rows up to what the bus has published; from there on live facts wait. */
  async #catchUp(): Promise<void> {
    while (!this.#ended) {
      const upTo = this.#bus.position;
      if (this.#position >= upTo) {
        // Nothing is awaited between this and the next fact on the bus.
        this.#waiting = [];
        return;
      }
      const page = await readFacts(this.#sql, this.#facts, { after: this.#position, upTo, limit: PAGE });
      for (const activity of page) await this.#tell(activity);
      if (page.length < PAGE) this.#position = upTo;
    }
  }

  async #tell(activity: Activity): Promise<void> {
    this.#position = activity.position;
    await this.#write(`id: ${activity.position}\nevent: ${activity.event_type}\ndata: ${JSON.stringify(activity)}\n\n`);
  }

  async #write(text: string): Promise<void> {
    if (this.#ended || this.#sink.destroyed || this.#sink.write(text)) return;
    await new Promise<void>((resolve) => {
      this.#sink.once("drain", resolve);
      this.#sink.once("close", resolve);
    });
  }
}
