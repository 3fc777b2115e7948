import { actorOf, type Caller } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { record } from "../events/activity.ts";

const INSERT = {
  name: "insert_note_to_worker",
  text: `insert into task_notes (project_id, task_id, author, content, urgent, session_id, delivery)
    select $1, $2, $3, $4, true, $5, case when exists (
      select from sessions where id = $5 and status in ('starting', 'active', 'disconnected', 'lost')) then 'queued' end
    returning id`,
};

/** An urgent word to the session that works on the task, part of a move. It reaches the session at its return if it is away. */
export async function noteToWorker(
  tx: Tx,
  author: Caller,
  task: { id: string; project_id: string; key: string; assigned_session_id: string | null },
  content: string,
): Promise<void> {
  const actor = actorOf(author);
  const values = [task.project_id, task.id, JSON.stringify(actor), content, task.assigned_session_id];
  const [note] = await tx.query<{ id: number }>(INSERT, values);
  await record(tx, {
    type: "note.added",
    project_id: task.project_id,
    task_id: task.id,
    actor,
    details: { content, urgent: true, note_id: note?.id, key: task.key },
  });
}
