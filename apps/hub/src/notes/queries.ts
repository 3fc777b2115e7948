import type { Note } from "@orchestratia/protocol/tasks";
import type { Actor, TaskId } from "@orchestratia/protocol/vocabulary";
import type { Database } from "../db/database.ts";

const NEWEST = 1_000;

export interface NotePage {
  /** Notes behind the one with this id; without it the newest. */
  after?: number | undefined;
  limit?: number | undefined;
  urgent?: boolean | undefined;
  delivery?: Note["delivery"] | undefined;
}

/** A task's notes, oldest first: the newest 1,000, or those behind a known one. */
export async function listNotes(
  { prisma }: Pick<Database, "prisma">,
  taskId: TaskId,
  { after, limit = NEWEST, urgent, delivery }: NotePage = {},
): Promise<Note[]> {
  const rows = await prisma.task_notes.findMany({
    where: {
      task_id: taskId,
      ...(after !== undefined && { id: { gt: after } }),
      ...(urgent !== undefined && { urgent }),
      ...(delivery !== undefined && { delivery }),
    },
    orderBy: { id: after === undefined ? "desc" : "asc" },
    take: limit,
  });
  if (after === undefined) rows.reverse();
  return rows.map(({ id, content, urgent, author, delivery, created_at }) => ({
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
