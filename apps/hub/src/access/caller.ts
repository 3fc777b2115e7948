import type { Actor, ProjectId, ServerId, SessionId, UserId } from "@orchestratia/protocol/vocabulary";

/** Who asks, established by a door. `system` is the machine the hub runs on: its own token, and the hub itself. */
export type Caller =
  | {
      kind: "user";
      id: UserId;
      name: string;
      email: string;
      role: "admin" | "viewer";
      /** Of an access token, which may be good for less than its owner is; null: every project of theirs. */
      scope?: { write: boolean; projectIds: readonly string[] | null };
    }
  | { kind: "system" }
  | { kind: "server"; id: ServerId; name: string; projectId: ProjectId }
  | {
      kind: "session";
      id: SessionId;
      name: string;
      serverId: ServerId;
      projectId: ProjectId;
      role: "worker" | "orchestrator";
    };

export const SYSTEM: Caller = { kind: "system" };

/** How the caller is named in what it does. */
export function actorOf(caller: Caller): Actor {
  if (caller.kind === "system") return { type: "system", id: null, name: "hub" };
  return { type: caller.kind, id: caller.id, name: caller.name };
}
