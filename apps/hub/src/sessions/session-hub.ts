import type { Logger } from "pino";
import type { Database } from "../db/database.ts";
import type { ServerConnections } from "../server-link/connections.ts";
import type { LiveSessions } from "./live-sessions.ts";

/** What the commands on sessions work with; hub.ts makes it. */
export interface SessionHub {
  readonly database: Database;
  readonly connections: ServerConnections;
  readonly sessions: LiveSessions;
  /** The sequencer: woken after a commit that recorded facts. */
  readonly events: { wake(): void };
  /** Drops a token from the sign-in's memory, so that it dies at once. */
  forget(tokenHash: string): void;
  readonly log: Logger;
}
