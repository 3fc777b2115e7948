import type { PlanRevision, Task } from "@orchestratia/protocol/tasks";

type Planned = Pick<Task, "plan" | "plan_feedback" | "attempt">;

/** Whether asking for revisions can bring any: a plan of an earlier attempt is gone from the task itself. */
export const hasPlans = ({ plan, plan_feedback, attempt }: Planned): boolean =>
  (plan !== null && plan !== undefined) || plan_feedback !== null || attempt > 1;

/** Newest first, without the one that the task shows as its plan. */
export function earlierPlans({ plan }: Pick<Planned, "plan">, revisions: readonly PlanRevision[]): PlanRevision[] {
  const shown = plan !== null && plan !== undefined;
  return (shown ? revisions.slice(0, -1) : [...revisions]).reverse();
}

export const planWords = ({ decision }: Pick<PlanRevision, "decision">): string =>
  ({ approved: "approved", revised: "sent back", withdrawn: "its attempt ended", waiting: "not decided" })[
    decision ?? "waiting"
  ];

/** What became of the plan that is shown; undefined while nothing is known of it. */
export const latestDecision = (revisions: readonly PlanRevision[]): string | undefined => {
  const latest = revisions.at(-1);
  return latest ? `Revision ${latest.revision}, ${planWords(latest)}` : undefined;
};

/** A plan that is nothing but text, however the worker wrapped it; undefined for one that has parts. */
export function planText(plan: unknown): string | undefined {
  if (typeof plan === "string") return plan;
  if (typeof plan !== "object" || plan === null || Object.keys(plan).length !== 1) return undefined;
  return "summary" in plan && typeof plan.summary === "string" ? plan.summary : undefined;
}
