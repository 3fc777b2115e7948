import { randomUUID } from "node:crypto";
import { Problem } from "@orchestratia/protocol/problems";
import type { RemotePiece, RemoteRead } from "@orchestratia/protocol/remote";
import type { AgentCaller } from "../access/agent-powers.ts";
import { actorOf } from "../access/caller.ts";
import { transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import type { Remote } from "./remote.ts";
import { findLiveSession, remoteTarget } from "./remote-target.ts";

const WITHIN_MS = 30_000;

/**
 * Reads a piece of a file in a session's directory. It is recorded before it is asked for. Throws session_not_found,
 * server_unreachable, daemon_lacks for a daemon of version 1, daemon_silent, refused_by_policy, file_unreadable.
 */
export async function readInSession(
  { hub, reads }: Remote,
  caller: AgentCaller,
  { session_name, path, offset, length }: RemoteRead,
): Promise<RemotePiece> {
  const { session, serverName } = await remoteTarget(hub, findLiveSession(hub, caller.projectId, session_name), "read");
  const { serverId } = session;
  if (hub.connections.versionOf(serverId) !== 2) {
    throw new Problem(
      "daemon_lacks",
      `The daemon of ${serverName} speaks version 1 of the protocol, which reads no files.`,
    );
  }
  await transaction(hub.database.pool, (tx) =>
    record(tx, {
      type: "remote.read",
      project_id: session.projectId,
      session_id: session.id,
      server_id: serverId,
      actor: actorOf(caller),
      details: { session_name: session.name, path },
    }),
  );
  hub.events.wake();
  const request_id = randomUUID();
  const { size, version, data, error, policy } = await reads.ask({
    serverId,
    key: request_id,
    withinMs: WITHIN_MS,
    send: () =>
      hub.connections.send(serverId, { type: "remote_read", request_id, in_session: session.id, path, offset, length }),
  });
  if (policy !== undefined) throw new Problem("refused_by_policy", error ?? undefined, { policy });
  if (size == null || version == null || data == null) {
    throw new Problem("file_unreadable", error ?? "The daemon does not say why.");
  }
  return { size, version, data };
}
