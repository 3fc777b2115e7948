import { randomUUID } from "node:crypto";
import { Problem } from "@orchestratia/protocol/problems";
import {
  FILE_MAX_BYTES,
  FILE_RESUMABLE_MAX_BYTES,
  type FileTransfer,
  type NewFileTransfer,
} from "@orchestratia/protocol/remote";
import type { AgentCaller } from "../access/agent-powers.ts";
import { actorOf } from "../access/caller.ts";
import { type Tx, transaction } from "../db/transaction.ts";
import { type Fact, record } from "../events/activity.ts";
import { baseName } from "./base-name.ts";
import type { Remote } from "./remote.ts";
import { findLiveSession, remoteTarget, requireServed, type ServedBy } from "./remote-target.ts";
import type { ResumablePlan } from "./resumable-transfer.ts";
import { requireRoom } from "./transfer-room.ts";

/**
 * Sends a file of the caller's server to another session's. Throws file_too_large, session_not_found,
 * server_unreachable, server_busy, daemon_lacks, refused_by_policy.
 */
export async function sendFile(remote: Remote, caller: AgentCaller, file: NewFileTransfer): Promise<FileTransfer> {
  const { hub, transfers, resumables } = remote;
  const { session } = await remoteTarget(hub, findLiveSession(hub, caller.projectId, file.target_session), "files.in");
  const filename = baseName(file.filename);
  const plan: ResumablePlan = {
    id: randomUUID(),
    projectId: caller.projectId,
    sender: { serverId: await senderServer(hub, caller), name: caller.name },
    senderSessionId: caller.kind === "session" ? caller.id : null,
    target: { serverId: session.serverId, sessionId: session.id, name: session.name },
    filename,
    filePath: file.file_path,
    targetPath: file.target_path ?? filename,
    overwrite: file.overwrite,
    size: file.file_size,
    sha256: file.sha256,
  };
  const isResumable = [plan.sender, plan.target].every(({ serverId }) => hub.connections.versionOf(serverId) === 2);
  requireSize(plan.size, isResumable ? FILE_RESUMABLE_MAX_BYTES : FILE_MAX_BYTES);
  if (!isResumable && (file.target_path || file.overwrite)) {
    const lacking =
      "One of the two daemons speaks version 1 of the protocol, which knows neither target_path nor overwrite.";
    throw new Problem("daemon_lacks", lacking);
  }
  requireRoom([...transfers.underWay, ...resumables.underWay], plan);
  const offered = (tx: Tx) => record(tx, offer(plan, caller));
  const view = isResumable
    ? await resumables.start(plan, offered)
    : (await transfers.start(plan, () => transaction(hub.database.pool, offered))).view;
  hub.events.wake();
  return view;
}

function requireSize(size: number, most: number): void {
  if (size <= most) return;
  throw new Problem("file_too_large", `Files between these two machines may have at most ${most / 1024 / 1024} MiB.`);
}

const offer = (plan: ResumablePlan, caller: AgentCaller): Fact => ({
  type: "file.offered",
  project_id: plan.projectId,
  session_id: plan.target.sessionId,
  server_id: plan.sender.serverId,
  actor: actorOf(caller),
  details: {
    transfer_id: plan.id,
    filename: plan.filename,
    file_path: plan.filePath,
    file_size: plan.size,
    sender: plan.sender.name,
    target: plan.target.name,
  },
});

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
  requireServed(server, "files.out");
  return id;
}
