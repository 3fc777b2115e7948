"use client";
import type { PlanRevision, Task } from "@orchestratia/protocol/tasks";
import { useQuery } from "@tanstack/react-query";
import { Badge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { JsonView } from "../../ui/json-view.tsx";
import { Prose } from "../../ui/prose.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { plansQuery } from "./plan-queries.ts";
import { earlierPlans, hasPlans, latestDecision, planText, planWords } from "./plan-revisions.ts";

const Plan = ({ plan, label }: { plan: unknown; label: string }) => {
  const text = planText(plan);
  return text === undefined ? <JsonView value={plan} label={label} /> : <Prose text={text} />;
};

const Feedback = ({ text }: { text: string | null }) =>
  text ? (
    <div className="border-l-2 pl-3 text-sm">
      <h3 className="text-xs text-ink-faint">Feedback</h3>
      <p className="break-words whitespace-pre-wrap text-ink-soft">{text}</p>
    </div>
  ) : null;

const Revision = ({ it }: { it: PlanRevision }) => (
  <li>
    <details>
      <summary className="w-fit rounded-control text-sm text-ink-soft hover:text-ink touch:py-3">
        Revision {it.revision} · {planWords(it)} · <TimeAgo at={it.submitted_at} />
      </summary>
      <div className="space-y-3 pt-2 pb-3">
        <Feedback text={it.feedback} />
        <Plan plan={it.plan} label={`Plan, revision ${it.revision}`} />
      </div>
    </details>
  </li>
);

/** The plan as it stands, and every one before it with what was said of it. */
export function TaskPlan({ task }: { task: Task }) {
  const plans = useQuery({ ...plansQuery(task), enabled: hasPlans(task) });
  const hasPlan = task.plan !== null && task.plan !== undefined;
  const earlier = earlierPlans(task, plans.data ?? []);
  if (!hasPlan && earlier.length === 0) return null;
  const decision = hasPlan ? latestDecision(plans.data ?? []) : null;
  return (
    <Card title="Plan" bodyClassName="space-y-3" action={decision ? <Badge>{decision}</Badge> : null}>
      {hasPlan ? <Plan plan={task.plan} label="Plan" /> : null}
      {hasPlan ? <Feedback text={task.plan_feedback} /> : null}
      {plans.error ? <ErrorState error={plans.error} onRetry={() => void plans.refetch()} /> : null}
      {earlier.length > 0 ? (
        <ul aria-label="Earlier plans" className="space-y-1 border-t pt-3" data-testid="earlier-plans">
          {earlier.map((it) => (
            <Revision key={it.revision} it={it} />
          ))}
        </ul>
      ) : null}
    </Card>
  );
}
