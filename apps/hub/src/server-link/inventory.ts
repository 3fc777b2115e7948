import type { ProjectId, SessionId } from "@orchestratia/protocol/vocabulary";
import type { LiveSession } from "../sessions/live-sessions.ts";

const GRACE_MS = 3_000;

/**
 * What a daemon reports to have, from its sign-in to the end of its report. Version 1 marks no end: its reading of the
 * access grants stands for it, or the passing of a grace time.
 */
export class Inventory implements Disposable {
  readonly #reported = new Set<string>();
  /** Sessions that had ended before, by number: the rest of their recordings may still come. */
  readonly ended = new Map<number, { id: SessionId; projectId: ProjectId }>();
  readonly #timer: NodeJS.Timeout;
  readonly #ended: () => void;
  #open = true;

  constructor(ended: () => void, graceMs = GRACE_MS) {
    this.#ended = ended;
    this.#timer = setTimeout(() => this.end(), graceMs);
  }

  /** True the first time. */
  report(sessionId: string): boolean {
    if (this.#reported.has(sessionId)) return false;
    this.#reported.add(sessionId);
    return true;
  }

  /** Whether the session should have been reported and was not. One that is starting may still be on its way. */
  lacks(session: LiveSession): boolean {
    return (session.status === "active" || session.status === "disconnected") && !this.#reported.has(session.id);
  }

  end(): void {
    if (!this.#open) return;
    this[Symbol.dispose]();
    this.#ended();
  }

  [Symbol.dispose](): void {
    this.#open = false;
    clearTimeout(this.#timer);
  }
}
