import type { TaskOutput } from "@orchestratia/protocol/task-output";
import type { Sql } from "../db/transaction.ts";

export interface OutputPage {
  after: number;
  limit: number;
  stream?: TaskOutput["stream"] | undefined;
}

const PAGE = {
  name: "task_output_page",
  text: `select seq, stream, content, epoch, created_at from task_output
    where task_id = $1 and seq > $2 and ($3::text is null or stream = $3) order by seq limit $4`,
};

/** A task's output in order. `next` is null on the last page. */
export async function listOutput(
  sql: Sql,
  taskId: string,
  { after, limit, stream }: OutputPage,
): Promise<{ output: TaskOutput[]; next: number | null }> {
  const rows = await sql.query<Omit<TaskOutput, "created_at"> & { created_at: Date }>(PAGE, [
    taskId,
    after,
    stream ?? null,
    limit + 1,
  ]);
  const page = rows.slice(0, limit);
  return {
    output: page.map((row) => ({ ...row, created_at: row.created_at.toISOString() })),
    next: rows.length > limit ? (page.at(-1)?.seq ?? null) : null,
  };
}
