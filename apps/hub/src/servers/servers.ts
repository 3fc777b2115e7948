import type { ProjectId, ServerId } from "@orchestratia/protocol/vocabulary";
import type { Logger } from "pino";
import type { Caller } from "../access/caller.ts";
import type { Database } from "../db/database.ts";

/** What the commands on servers work with; hub.ts makes it. */
export interface Servers {
  readonly database: Database;
  readonly events: { wake(): void };
  /** What registration tokens carry: where daemons reach this hub. */
  readonly publicUrl: () => string;
  /** Its daemon says that it is alive, and with it the sessions that it has. */
  readonly onHeartbeat: (serverId: ServerId) => void;
  readonly isConnected: (serverId: string) => boolean;
  /** Something that matters to placing tasks changed: it registered, came, went, or reported other capabilities. */
  readonly onServerChanged: (serverId: ServerId) => void;
  /** Keys no longer count: they are forgotten and the socket that one of them opened is closed. */
  readonly onKeysEnded: (serverId: string, hashes: readonly string[], why: string) => void;
  /** What is remembered of a key no longer holds, though it may go on. */
  readonly forgetKey: (hash: string) => void;
  /** Keys have been given an end. */
  readonly onKeysEnding: () => void;
  readonly log: Logger;
}

/** How a server is named in what it does itself. */
export const serverCaller = (
  id: ServerId,
  name: string,
  projectId: ProjectId,
): Extract<Caller, { kind: "server" }> => ({
  kind: "server",
  id,
  name,
  projectId,
});
