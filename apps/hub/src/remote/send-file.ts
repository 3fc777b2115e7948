import { randomUUID } from "node:crypto";
import { Problem } from "@orchestratia/protocol/problems";
import { FILE_MAX_BYTES, type FileTransfer, type NewFileTransfer } from "@orchestratia/protocol/remote";
import type { AgentCaller } from "../access/agent-powers.ts";
import { actorOf } from "../access/caller.ts";
import { transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import { baseName } from "./base-name.ts";
import type { Remote } from "./remote.ts";
import { findLiveSession, remoteTarget, requireServed, type ServedBy } from "./remote-target.ts";

/**
 * Sends a file of the caller's server to another session's. Throws file_too_large, session_not_found,
 * server_unreachable, server_busy, daemon_lacks.
 */
export async function sendFile(
  { hub, transfers }: Remote,
  caller: AgentCaller,
  { target_session, filename, file_path, file_size, sha256 }: NewFileTransfer,
): Promise<FileTransfer> {
  if (file_size > FILE_MAX_BYTES) {
    throw new Problem("file_too_large", `The hub relays files of at most ${FILE_MAX_BYTES / 1024 / 1024} MiB.`);
  }
  const target = await remoteTarget(hub, findLiveSession(hub, caller.projectId, target_session), "files");
  const { session } = target;
  const plan = {
    id: randomUUID(),
    projectId: caller.projectId,
    sender: { serverId: await senderServer(hub, caller), name: caller.name },
    target: { serverId: session.serverId, sessionId: session.id, name: session.name },
    filename: baseName(filename),
    filePath: file_path,
    size: file_size,
    sha256,
  } as const;
  const recorded = () =>
    transaction(hub.database.pool, (tx) =>
      record(tx, {
        type: "file.offered",
        project_id: caller.projectId,
        session_id: session.id,
        server_id: plan.sender.serverId,
        actor: actorOf(caller),
        details: {
          transfer_id: plan.id,
          filename: plan.filename,
          file_path,
          file_size,
          sender: plan.sender.name,
          target: session.name,
        },
      }),
    );
  const transfer = await transfers.start(plan, recorded);
  hub.events.wake();
  return transfer.view;
}

/** Version 1 clients name no session: the key says which server has the file. */
async function senderServer(hub: Remote["hub"], caller: AgentCaller) {
  const id = caller.kind === "server" ? caller.id : caller.serverId;
  const [server] = await hub.database.sql.query<ServedBy>(
    "select name, jsonb_array_length(agents) as agents, capabilities from servers where id = $1",
    [id],
  );
  if (!server) throw new Problem("server_not_found");
  if (!hub.connections.isConnected(id)) {
    throw new Problem("server_unreachable", `The server ${server.name}, which has the file, is not connected.`);
  }
  requireServed(server, "files");
  return id;
}
