import type { Bus } from "../events/bus.ts";

const SETTLING = new Set(["intervention.responded", "intervention.expired", "intervention.cancelled"]);

/** Those who wait, within one request, until an intervention is settled. */
export class ToolWaits {
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #unsubscribe: () => void;
  readonly #end = new AbortController();

  constructor(bus: Bus) {
    this.#unsubscribe = bus.subscribe(({ event_type, details }) => {
      if (!SETTLING.has(event_type)) return;
      const id = (details as { intervention_id?: unknown }).intervention_id;
      for (const wake of this.#waiting.get(String(id)) ?? []) wake();
    });
  }

  /** Resolves when it is settled from now on, after `limitMs`, or when `gone` says that nobody listens. */
  async settled(interventionId: string, limitMs: number, gone: AbortSignal): Promise<void> {
    const waiting = this.#waiting.get(interventionId) ?? new Set();
    this.#waiting.set(interventionId, waiting);
    let wake = (): void => {};
    const limit = setTimeout(() => wake(), limitMs);
    try {
      await new Promise<void>((resolve) => {
        wake = resolve;
        waiting.add(wake);
        gone.addEventListener("abort", wake, { once: true });
        if (gone.aborted || this.#end.signal.aborted) resolve();
      });
    } finally {
      clearTimeout(limit);
      gone.removeEventListener("abort", wake);
      waiting.delete(wake);
      if (waiting.size === 0) this.#waiting.delete(interventionId);
    }
  }

  /** Lets everybody go. */
  [Symbol.dispose](): void {
    this.#unsubscribe();
    this.#end.abort();
    for (const waiting of this.#waiting.values()) for (const wake of waiting) wake();
  }
}
