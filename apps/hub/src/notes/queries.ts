import type { Note } from "@orchestratia/protocol/tasks";
import type { Actor, TaskId } from "@orchestratia/protocol/vocabulary";
import type { Database } from "../db/database.ts";

const NEWEST = 1_000;

/** The task's newest 1,000 notes, oldest first. */
export async function listNotes({ prisma }: Pick<Database, "prisma">, taskId: TaskId): Promise<Note[]> {
  const rows = await prisma.task_notes.findMany({ where: { task_id: taskId }, orderBy: { id: "desc" }, take: NEWEST });
  return rows.reverse().map(({ id, content, urgent, author, delivery, created_at }) => ({
    id: Number(id),
    task_id: taskId,
    content,
    urgent,
    // Written by addNote alone, and by the hub.
    author: (author as Actor).name,
    delivery: delivery as Note["delivery"],
    created_at: created_at.toISOString(),
  }));
}
