import { actorOf, SYSTEM } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { record } from "../events/activity.ts";

/** For the task that the session is at; it waits until the agent is at its prompt. */
const SAY = {
  name: "say_that_limit_is_over",
  text: `insert into task_notes (project_id, task_id, author, content, urgent, session_id, delivery)
    select t.project_id, t.id, $2, 'The usage limit is over: run "orchestratia task check" and go on with ' || t.key || '.',
      false, $1, 'queued'
    from tasks t where t.assigned_session_id = $1 and t.status in ('planning', 'running') order by t.number limit 1
    returning id, project_id, task_id, content, (select key from tasks where id = task_id) as key`,
};

interface Said {
  id: number;
  project_id: string;
  task_id: string;
  content: string;
  key: string;
}

/** An agent whose usage limit has ended stands at its prompt with its work undone: nobody else tells it to go on. */
export async function sayThatLimitIsOver(tx: Tx, session: { id: string }): Promise<void> {
  const actor = actorOf(SYSTEM);
  const [note] = await tx.query<Said>(SAY, [session.id, JSON.stringify(actor)]);
  if (!note) return;
  await record(tx, {
    type: "note.added",
    project_id: note.project_id,
    task_id: note.task_id,
    actor,
    details: { content: note.content, urgent: false, note_id: note.id, key: note.key },
  });
}
