import { actorOf, SYSTEM } from "../access/caller.ts";
import { givenIds } from "../db/given-ids.ts";
import type { Sql, Tx } from "../db/transaction.ts";
import { raiseHubQuestion, withdrawHubQuestions } from "../interventions/hub-question.ts";
import { INPUT_MISSING_OPTIONS } from "./input-missing.ts";
import { optionsFor } from "./upstream-failed.ts";

/** A question that should be open and is not, or is open and should not be. */
interface Difference {
  project_id: string;
  task_id: string;
  cause: string;
  wanted: Wanted | null;
}

/** A task that waits for what will not come by itself. */
interface Wanted {
  task_key: string;
  upstream_id: string;
  upstream_key: string;
  upstream_title: string;
  upstream_status: "failed" | "cancelled" | "done";
  reason: string | null;
  type: "blocks" | "input" | "order";
  contract_key: string | null;
  /** The project's policy cancels it, and has not done so since the upstream failed. */
  cancels: boolean;
}

const OPEN_EDGES = `select d.* from task_dependencies d where not d.resolved and ($1::uuid is null or d.project_id = $1)`;
/** Of some tasks, from either end, and of those that are asked about: a completion in a large project reads no more. */
const OPEN_EDGES_OF = `select d.* from task_dependencies d where not d.resolved and d.depends_on_task_id = any(${givenIds(2)})
  union select d.* from task_dependencies d
  where not d.resolved and d.task_id = any(array(select unnest($2::uuid[]) union all select task_id from asked))`;

/**
 * What the hub should ask because of dependencies, held against what it asks: the upstream of an unstarted task failed or
 * was cancelled, or is done without what the task needs. `$1` is a project, or null for all. A task that a person began
 * anew, or let wait, after the failure is not cancelled for it: that is asked about.
 */
const differences = (edges: string) => `with asked as (
    select project_id, task_id, cause from interventions
    where status = 'pending' and raised_by = 'hub' and ($1::uuid is null or project_id = $1)
      and (starts_with(cause, 'upstream_failed:') or starts_with(cause, 'input_missing:'))
  ), open_edges as (${edges}), wanted as (
    select d.project_id, d.task_id,
      case u.status when 'done' then 'input_missing:' || d.id else 'upstream_failed:' || u.id end as cause,
      jsonb_build_object('task_key', t.key, 'upstream_id', u.id, 'upstream_key', u.key, 'upstream_title', u.title,
        'upstream_status', u.status, 'reason', u.status_reason, 'type', d.dependency_type,
        'contract_key', d.contract_key,
        'cancels', u.status <> 'done' and d.dependency_type <> 'order' and d.created_at <= u.completed_at
          and p.settings ->> 'on_upstream_failure' = 'cancel'
          and not exists (select from activity_log a where a.task_id = t.id and a.event_type = 'task.upstream_failed'
            and a.details ->> 'upstream_id' = u.id::text and a.at >= u.completed_at)) as wanted
    from open_edges d join tasks u on u.id = d.depends_on_task_id join tasks t on t.id = d.task_id
      join projects p on p.id = d.project_id
    where t.status in ('pending', 'assigned')
      and (d.dependency_type in ('blocks', 'input') and u.status in ('failed', 'cancelled')
        or d.dependency_type = 'order' and u.status = 'failed' and u.archived_at is null
        or d.dependency_type = 'input' and u.status = 'done')
  )
  select project_id, task_id, cause, wanted.wanted
  from wanted full join asked using (project_id, task_id, cause)
  where wanted.task_id is null or asked.task_id is null
  order by project_id, task_id, cause`;

const EVERYWHERE = { name: "waiting_questions_everywhere", text: differences(OPEN_EDGES) };
const AROUND = { name: "waiting_questions_around", text: differences(OPEN_EDGES_OF) };

/** Where to look: at all dependencies of a project (of all projects for null), or only at those of some tasks. */
export interface Scope {
  projectId: string | null;
  taskIds?: readonly string[];
}

export const findDifferences = (sql: Sql, { projectId, taskIds }: Scope): Promise<Difference[]> =>
  taskIds === undefined
    ? sql.query<Difference>(EVERYWHERE, [projectId])
    : sql.query<Difference>(AROUND, [projectId, taskIds]);

/**
 * Brings the hub's questions into line with the dependencies, under the project's lock. Answers what the project's policy
 * says to cancel instead, with the upstream that failed; that is left to the caller.
 */
export async function askWhatWaits(tx: Tx, scope: Scope): Promise<{ taskId: string; upstream: Upstream }[]> {
  const toCancel: { taskId: string; upstream: Upstream }[] = [];
  for (const { project_id, task_id, cause, wanted } of await findDifferences(tx, scope)) {
    if (wanted === null) {
      await withdrawHubQuestions(tx, { id: task_id, project_id }, [cause], actorOf(SYSTEM));
    } else if (wanted.cancels) {
      toCancel.push({ taskId: task_id, upstream: { id: wanted.upstream_id, key: wanted.upstream_key } });
    } else {
      await raiseHubQuestion(tx, { project_id, task_id, cause, ...words(wanted) });
    }
  }
  return toCancel;
}

export interface Upstream {
  id: string;
  key: string;
}

function words(wanted: Wanted): { question: string; options: readonly string[]; context: string | null } {
  const { task_key, upstream_key, upstream_title, upstream_status, reason, type, contract_key } = wanted;
  if (upstream_status === "done") {
    const question = `${upstream_key} is done but did not deliver "${contract_key}", which ${task_key} needs. Drop the dependency or cancel this task.`;
    return { question, options: INPUT_MISSING_OPTIONS, context: null };
  }
  const what = upstream_status === "failed" ? "failed" : "was cancelled";
  return {
    question: `${upstream_key} (${upstream_title}) ${what}, and ${task_key} waits for it. What shall happen?`,
    options: optionsFor(type),
    context: reason,
  };
}
