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
  readonly isConnected: (serverId: string) => boolean;
  /** Something that matters to placing tasks changed: it registered, came, went, or reported other capabilities. */
  readonly onServerChanged: (serverId: ServerId) => void;
  /** The server got another key: the old one's hash is forgotten and what it opened is closed. */
  readonly onKeyReplaced: (serverId: ServerId, oldHash: string) => void;
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
