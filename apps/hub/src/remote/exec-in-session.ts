import { randomUUID } from "node:crypto";
import { Problem } from "@orchestratia/protocol/problems";
import { EXEC_MAX_SECONDS, type RemoteExec, type RemoteResult } from "@orchestratia/protocol/remote";
import type { AgentCaller } from "../access/agent-powers.ts";
import { actorOf } from "../access/caller.ts";
import { transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import { type ExecReader, execLive } from "./live-exec.ts";
import type { Remote } from "./remote.ts";
import { findLiveSession, remoteTarget } from "./remote-target.ts";
import { shellCommand } from "./shell-command.ts";

/** A daemon takes a thread for each; who asks for more has lost count. */
const MOST_AT_ONCE = 8;

/**
 * Runs a command on a session's server, in the session's directory, as the daemon's user. It is recorded before it is
 * run. With a reader what it prints goes there as it comes, and it is ended when the reader goes away or the time is up;
 * without one it goes on. Throws session_not_found, server_unreachable, server_busy, daemon_silent, refused_by_policy.
 */
export async function execInSession(
  remote: Remote,
  caller: AgentCaller,
  { session_name, command, timeout }: RemoteExec,
  reader?: ExecReader,
): Promise<RemoteResult> {
  const { hub, execs } = remote;
  const target = await remoteTarget(hub, findLiveSession(hub, caller.projectId, session_name), "exec");
  const { session } = target;
  const { serverId } = session;
  if (execs.ofServer(serverId) >= MOST_AT_ONCE) {
    throw new Problem("server_busy", `${target.serverName} runs ${MOST_AT_ONCE} remote commands already.`);
  }
  await transaction(hub.database.pool, (tx) =>
    record(tx, {
      type: "remote.executed",
      project_id: session.projectId,
      session_id: session.id,
      server_id: serverId,
      actor: actorOf(caller),
      details: { session_name: session.name, command },
    }),
  );
  hub.events.wake();
  const request_id = randomUUID();
  const withinMs = Math.min(timeout, EXEC_MAX_SECONDS) * 1_000;
  const line = shellCommand(command, target.workingDirectory, target.os);
  if (reader) return execLive(remote, { serverId, requestId: request_id, withinMs, command: line }, reader);
  const { policy, ...result } = await execs.ask({
    serverId,
    key: request_id,
    withinMs,
    send: () => hub.connections.send(serverId, { type: "remote_exec", request_id, command: line }),
  });
  if (policy !== undefined) throw new Problem("refused_by_policy", result.stderr.trim(), { policy });
  return result;
}
