import type { SessionPush } from "./delivery.ts";
import { typedText } from "./typed-text.ts";

/** Files that have come for sessions (`$1`) whose agents do not know of them yet. */
export const ARRIVED_FILES = {
  name: "untold_files",
  text: `select id, target_session_id as session_id, arrived_path as path, size::float8 as size, sender_name as sender
    from hub.file_transfers where delivery = 'queued' and target_session_id = any($1::uuid[])
    order by ended_at limit 500`,
};

export const FILE_TOLD = {
  name: "file_told",
  text: "update hub.file_transfers set delivery = 'delivered' where id = $1 and delivery = 'queued'",
};

/** Files for sessions that have ended. */
export const FAIL_FILES = {
  name: "fail_files",
  text: `update hub.file_transfers f set delivery = 'failed' from sessions s
    where f.delivery = 'queued' and s.id = f.target_session_id and s.status in ('closed', 'error')`,
};

export interface ArrivedFile {
  id: string;
  session_id: string;
  path: string;
  size: number;
  sender: string;
}

export const arrivedFrame = ({ id, path, size, sender }: ArrivedFile): SessionPush => ({
  type: "file_arrived",
  transfer_id: id,
  path: typedText(path),
  file_size: size,
  sender: typedText(sender),
});
