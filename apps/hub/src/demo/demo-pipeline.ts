import type { TaskStatus } from "@orchestratia/domain/task-lifecycle";
import type { DemoState } from "@orchestratia/protocol/operations/people";
import type { z } from "zod";
import type { Sql } from "../db/transaction.ts";

/** What tells the tasks of a demo's pipeline from whatever else people make in that project. */
const LABEL = "demo-pipeline";

type State = z.infer<typeof DemoState>;

interface DemoTask {
  id: string;
  status: TaskStatus;
  auto_assign: boolean;
  /** It was begun, and the session that did so has ended. */
  orphaned: boolean;
}

export interface DemoPipeline {
  state: State;
  /** In pipeline order. */
  taskIds: string[];
  /** What is not settled yet. */
  unsettledIds: string[];
}

/** The tasks of a pipeline are made in one transaction, so they have one moment of creation and nothing else has it. */
const NEWEST = {
  name: "newest_demo_pipeline",
  text: `select t.id, t.status::text as status, t.auto_assign,
      t.status not in ('pending', 'assigned', 'done', 'failed', 'cancelled')
        and coalesce(s.status in ('closed', 'error', 'lost'), true) as orphaned
    from tasks t left join sessions s on s.id = t.assigned_session_id
    where t.project_id = $1 and '${LABEL}' = any(t.labels) and t.created_at = (
      select max(created_at) from tasks where project_id = $1 and '${LABEL}' = any(labels))
    order by t.number`,
};

/** The newest pipeline of the demo, and how far it is; without tasks when none was made yet. */
export async function newestPipeline(sql: Sql, projectId: string): Promise<DemoPipeline> {
  const tasks = await sql.query<DemoTask>(NEWEST, [projectId]);
  return {
    state: stateOf(tasks),
    taskIds: tasks.map(({ id }) => id),
    unsettledIds: tasks.filter(({ status }) => !SETTLED.has(status)).map(({ id }) => id),
  };
}

const SETTLED: ReadonlySet<TaskStatus> = new Set(["done", "failed", "cancelled"]);

function stateOf(tasks: readonly DemoTask[]): State {
  if (tasks.every(({ status, auto_assign }) => status === "pending" && !auto_assign)) return "ready";
  if (tasks.every(({ status }) => status === "done")) return "done";
  const stuck = tasks.some(({ status, orphaned }) => orphaned || status === "failed" || status === "cancelled");
  return stuck ? "stopped" : "running";
}
