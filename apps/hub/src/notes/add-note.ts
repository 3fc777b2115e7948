import { Problem } from "@orchestratia/protocol/problems";
import type { NewNote, Note } from "@orchestratia/protocol/tasks";
import type { z } from "zod";
import { actorOf, type Caller } from "../access/caller.ts";
import { transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import type { Engine } from "../tasks/engine.ts";

interface InsertedNote {
  id: number;
  project_id: string;
  key: string;
  delivery: Note["delivery"];
  created_at: Date;
}

/** Only a session at work is told, and none of what it wrote itself. */
const INSERT = {
  name: "insert_note",
  text: `with task as (
      select id, project_id, key, assigned_session_id is not null and assigned_session_id is distinct from $5::uuid
        and status not in ('done', 'failed', 'cancelled') as has_reader
      from tasks where id = $1
    ), note as (
      insert into task_notes (project_id, task_id, author, content, urgent, delivery)
      select project_id, id, $2, $3, $4, case when has_reader then 'queued' end from task
      returning id, delivery, created_at
    )
    select note.id, task.project_id, task.key, note.delivery, note.created_at from note, task`,
};

/** Writes to the task's readers; a session that works on it is told as soon as it can be. Throws task_not_found. */
export async function addNote(
  engine: Pick<Engine, "database" | "events" | "delivery">,
  caller: Caller,
  taskId: string,
  { content, urgent }: z.output<typeof NewNote>,
): Promise<Note> {
  const actor = actorOf(caller);
  const session = caller.kind === "session" ? caller.id : null;
  const note = await transaction(engine.database.pool, async (tx) => {
    const [inserted] = await tx.query<InsertedNote>(INSERT, [taskId, JSON.stringify(actor), content, urgent, session]);
    if (!inserted) throw new Problem("task_not_found");
    await record(tx, {
      type: "note.added",
      project_id: inserted.project_id,
      task_id: taskId,
      session_id: session,
      actor,
      details: { content, urgent, note_id: inserted.id, key: inserted.key },
    });
    return inserted;
  });
  engine.events.wake();
  if (note.delivery === "queued") engine.delivery.wake();
  const { id, delivery, created_at } = note;
  return {
    id,
    task_id: taskId as Note["task_id"],
    content,
    urgent,
    author: actor.name,
    delivery,
    created_at: created_at.toISOString(),
  };
}
