import type { Activity } from "@orchestratia/protocol/activity";
import type { Logger } from "pino";

export type Listener = (activity: Activity) => void;

/** Carries positioned facts, in order, to whoever listens in this process. Listeners are quick and idempotent. */
export class Bus {
  readonly #listeners = new Set<Listener>();
  readonly #log: Logger;
  #position = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** The last position that was published. */
  get position(): number {
    return this.#position;
  }

  /** Returns how to stop listening. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  publish(activities: readonly Activity[]): void {
    for (const activity of activities) {
      this.#position = activity.position;
      for (const listener of this.#listeners) this.#tell(listener, activity);
    }
  }

  /** Where the order stood before this process began to publish. */
  startAt(position: number): void {
    this.#position = position;
  }

  #tell(listener: Listener, activity: Activity): void {
    try {
      listener(activity);
    } catch (error) {
      this.#log.error({ err: error, position: activity.position }, "a listener failed on a fact");
    }
  }
}
