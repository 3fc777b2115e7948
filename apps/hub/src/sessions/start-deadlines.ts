import type { LiveSession } from "./live-sessions.ts";
import type { SessionHub } from "./session-hub.ts";
import { sessionEnded } from "./session-status.ts";

const CHECK_MS = 1_000;
const ANSWER_MS = 60_000;

/**
 * Gives up sessions whose daemon does not answer the start: a start is never repeated, as the first may still be on its
 * way. The close that follows reaches a terminal that begins too late.
 */
export class StartDeadlines implements Disposable {
  readonly #hub: SessionHub;
  readonly #answerMs: number;
  readonly #timer: NodeJS.Timeout;
  readonly #loadedAt = Date.now();

  constructor(hub: SessionHub, { answerMs = ANSWER_MS, checkMs = CHECK_MS } = {}) {
    this.#hub = hub;
    this.#answerMs = answerMs;
    this.#timer = setInterval(() => this.#check(), checkMs).unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #check(): void {
    for (const session of this.#hub.sessions.all()) {
      if (session.status !== "starting") continue;
      // Time in which the hub was down does not count.
      const since = Math.max(session.createdAt.getTime(), this.#loadedAt);
      if (Date.now() - since >= this.#answerMs) void this.#giveUp(session);
    }
  }

  async #giveUp(session: LiveSession): Promise<void> {
    try {
      await sessionEnded(this.#hub, session, { status: "error", error: "The server did not answer." });
      this.#hub.connections.send(session.serverId, { type: "session_close", session_id: session.id });
    } catch (error) {
      this.#hub.log.error({ err: error, session_id: session.id }, "a session that never started could not be given up");
    }
  }
}
