import type { LiveSession } from "../sessions/live-sessions.ts";
import { Audience } from "./audience.ts";

/** The audiences of the sessions that somebody watches. */
export class Audiences {
  readonly #bySession = new Map<string, Audience>();

  of(session: LiveSession): Audience {
    const known = this.#bySession.get(session.id);
    if (known) return known;
    const audience = new Audience(session);
    this.#bySession.set(session.id, audience);
    return audience;
  }

  /** The session's daemon went away or came back, or the session ended. */
  linkChanged(session: LiveSession): void {
    this.#bySession.get(session.id)?.linkChanged();
  }

  /** Forgets the session's audience when nobody is left in it. */
  tidy(session: LiveSession): void {
    if (this.#bySession.get(session.id)?.isEmpty) this.#bySession.delete(session.id);
  }
}
