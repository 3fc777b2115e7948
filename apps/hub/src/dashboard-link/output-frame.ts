import type { Activity } from "@orchestratia/protocol/activity";
import type { DashboardFrame } from "@orchestratia/protocol/dashboard-link";
import type { Sql } from "../db/transaction.ts";

const PIECE = {
  name: "task_output_piece",
  text: "select stream, content from task_output where task_id = $1 and seq = $2",
};

const texts = new WeakMap<Activity, Promise<string | undefined>>();

/**
 * The frame with the piece of output that a fact tells of; undefined for other facts, and when the piece is gone. It is
 * read once, however many viewers want it.
 */
export function outputText(sql: Sql, activity: Activity): Promise<string | undefined> {
  const known = texts.get(activity);
  if (known !== undefined) return known;
  const text = outputFrame(sql, activity).then((frame) => frame && JSON.stringify(frame));
  texts.set(activity, text);
  return text;
}

async function outputFrame(sql: Sql, activity: Activity): Promise<DashboardFrame | undefined> {
  const { event_type, task_id, server_id, details, position, project_id, at, actor } = activity;
  if (event_type !== "task.output_added" || task_id === null) return undefined;
  const [piece] = await sql.query<{ stream: "stdout" | "stderr" | "tail"; content: string }>(PIECE, [
    task_id,
    details.seq,
  ]);
  return (
    piece && {
      type: "task_output",
      task_id,
      server_id,
      seq: Number(details.seq),
      ...piece,
      position,
      project_id,
      at,
      actor,
    }
  );
}
