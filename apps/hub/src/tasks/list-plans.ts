import type { PlanRevision } from "@orchestratia/protocol/tasks";
import type { Sql } from "../db/transaction.ts";

interface Row extends Omit<PlanRevision, "submitted_at" | "decided_at"> {
  submitted_at: Date;
  decided_at: Date | null;
}

const PLANS = {
  name: "plan_revisions",
  text: `select revision, plan, decision, feedback, submitted_at, decided_at from engine.plan_revisions
    where task_id = $1 order by revision`,
};

/** Every plan that was submitted for the task, oldest first. */
export async function listPlans(sql: Sql, taskId: string): Promise<PlanRevision[]> {
  const rows = await sql.query<Row>(PLANS, [taskId]);
  return rows.map((row) => ({
    ...row,
    submitted_at: row.submitted_at.toISOString(),
    decided_at: row.decided_at?.toISOString() ?? null,
  }));
}
