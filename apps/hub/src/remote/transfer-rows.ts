import type { TransferStatus } from "@orchestratia/protocol/remote";
import type { ProjectId, ServerId, SessionId } from "@orchestratia/protocol/vocabulary";
import type { Sql, Tx } from "../db/transaction.ts";
import type { ResumablePlan, TransferEnd } from "./resumable-transfer.ts";

const COLUMNS = `id, project_id, sender_server_id, sender_session_id, sender_name, target_server_id, target_session_id,
  target_name, filename, file_path, target_path, overwrite, size::float8 as size, sha256, received::float8 as received,
  status, error, arrived_path`;

interface Row {
  id: string;
  project_id: ProjectId;
  sender_server_id: ServerId;
  sender_session_id: string | null;
  sender_name: string;
  target_server_id: ServerId;
  target_session_id: SessionId;
  target_name: string;
  filename: string;
  file_path: string;
  target_path: string;
  overwrite: boolean;
  size: number;
  sha256: string;
  received: number;
  status: TransferStatus;
  error: string | null;
  arrived_path: string | null;
}

/** A transfer as it was last written down. */
export interface KeptTransfer {
  plan: ResumablePlan;
  status: TransferStatus;
  received: number;
  error: string | null;
  arrived_path: string | null;
}

const kept = (row: Row): KeptTransfer => ({
  plan: {
    id: row.id,
    projectId: row.project_id,
    sender: { serverId: row.sender_server_id, name: row.sender_name },
    senderSessionId: row.sender_session_id,
    target: { serverId: row.target_server_id, sessionId: row.target_session_id, name: row.target_name },
    filename: row.filename,
    filePath: row.file_path,
    targetPath: row.target_path,
    overwrite: row.overwrite,
    size: row.size,
    sha256: row.sha256,
  },
  status: row.status,
  received: row.received,
  error: row.error,
  arrived_path: row.arrived_path,
});

const INSERT = {
  name: "insert_file_transfer",
  text: `insert into hub.file_transfers (id, project_id, sender_server_id, sender_session_id, sender_name,
      target_server_id, target_session_id, target_name, filename, file_path, target_path, overwrite, size, sha256)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
};

export async function insertTransfer(tx: Tx, plan: ResumablePlan): Promise<void> {
  const { sender, target } = plan;
  await tx.query(INSERT, [
    plan.id,
    plan.projectId,
    sender.serverId,
    plan.senderSessionId,
    sender.name,
    target.serverId,
    target.sessionId,
    target.name,
    plan.filename,
    plan.filePath,
    plan.targetPath,
    plan.overwrite,
    plan.size,
    plan.sha256,
  ]);
}

export async function listUnendedTransfers(sql: Sql): Promise<KeptTransfer[]> {
  const rows = await sql.query<Row>(
    `select ${COLUMNS} from hub.file_transfers where ended_at is null order by created_at limit 1000`,
  );
  return rows.map(kept);
}

const FIND = { name: "find_file_transfer", text: `select ${COLUMNS} from hub.file_transfers where id = $1` };

export async function findTransfer(sql: Sql, id: string): Promise<KeptTransfer | undefined> {
  const [row] = await sql.query<Row>(FIND, [id]);
  return row && kept(row);
}

const PROGRESS = {
  name: "file_transfer_progress",
  text: "update hub.file_transfers set status = $2, received = $3 where id = $1 and ended_at is null",
};

export async function keepProgress(sql: Sql, id: string, status: TransferStatus, received: number): Promise<void> {
  await sql.query(PROGRESS, [id, status, received]);
}

/** The target's agent is told of a file that has come. */
const END = {
  name: "end_file_transfer",
  text: `update hub.file_transfers set status = $2, error = $3, arrived_path = $4, ended_at = now(),
      received = case when $2 = 'completed' then size else received end,
      delivery = case when $2 = 'completed' then 'queued' end
    where id = $1 and ended_at is null returning id`,
};

/** False when it had ended before. */
export async function endTransfer(tx: Tx, id: string, end: TransferEnd): Promise<boolean> {
  const error = end.status === "failed" ? end.error : null;
  const arrivedPath = end.status === "completed" ? end.arrivedPath : null;
  const ended = await tx.query(END, [id, end.status, error, arrivedPath]);
  return ended.length > 0;
}

/** Under way for longer than that. */
export async function listOverdueTransfers(sql: Sql, maxAgeMs: number): Promise<KeptTransfer[]> {
  const rows = await sql.query<Row>(
    `select ${COLUMNS} from hub.file_transfers where ended_at is null and created_at <= now() - make_interval(secs => $1::float8 / 1000)`,
    [maxAgeMs],
  );
  return rows.map(kept);
}

/** Removes what ended a week ago, told or not. */
export async function removeOldTransfers(sql: Sql): Promise<void> {
  await sql.query("delete from hub.file_transfers where ended_at < now() - interval '7 days'");
}

/** Milliseconds until the next transfer is overdue or old; undefined when there is none. */
export async function untilNextTransferIsDue(sql: Sql, maxAgeMs: number): Promise<number | undefined> {
  const [row] = await sql.query<{ ms: number | null }>(
    `select (extract(epoch from min(coalesce(ended_at + interval '7 days',
        created_at + make_interval(secs => $1::float8 / 1000))) - now()) * 1000)::float8 as ms from hub.file_transfers`,
    [maxAgeMs],
  );
  return row?.ms ?? undefined;
}
