import { randomUUID } from "node:crypto";
import type { DependencyType } from "@orchestratia/domain/dependency-graph";
import type { NewTask } from "@orchestratia/protocol/tasks";
import { actorOf, type Caller } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { dependencyFact, insertDependency } from "../dependencies/insert-dependency.ts";
import { insertTask, takeNumbers } from "../tasks/insert-task.ts";
import type { Places } from "../tasks/task-row.ts";

type Definition = Omit<NewTask, "auto_assign" | "dependencies" | "dependency_ids" | "parent_id"> & { id: string };

interface Edge {
  task_id: string;
  depends_on_task_id: string;
  type: DependencyType;
  contractKey: string | null;
  alias: string | null;
}

const TASKS = {
  name: "pipeline_definitions",
  text: `select id, title, spec, structured_spec, type::text as type, priority::text as priority, labels,
      acceptance_criteria, target_repo, target_branch, require_plan, require_review
    from tasks where id = any($1::uuid[]) order by number`,
};
const EDGES = {
  name: "pipeline_edges",
  text: `select task_id, depends_on_task_id, dependency_type as type, contract_key as "contractKey", alias
    from task_dependencies where task_id = any($1::uuid[]) and depends_on_task_id = any($1::uuid[])
    order by created_at, id`,
};

/** Makes tasks as these once were, with the dependencies among them, under the project's lock. The matcher may place them. */
export async function copyPipeline(
  tx: Tx,
  caller: Caller,
  projectId: string,
  originalIds: readonly string[],
): Promise<{ taskIds: string[]; places: Places }> {
  const tasks = await tx.query<Definition>(TASKS, [originalIds]);
  const copyOf = new Map(tasks.map(({ id }) => [id, randomUUID() as string]));
  const taskIds = [...copyOf.values()];
  const { key, first } = await takeNumbers(tx, projectId, tasks.length);
  for (const [at, task] of tasks.entries()) {
    const place = { projectId, parentId: null, position: null, sourceSessionId: null, eligibleInSeconds: 0 };
    const number = { key, number: first + at };
    await insertTask(tx, caller, { ...task, auto_assign: true }, { ...place, id: taskIds[at] as string }, number);
  }
  const places: Places = [];
  for (const { task_id, depends_on_task_id, ...kind } of await tx.query<Edge>(EDGES, [originalIds])) {
    const ends = { taskId: copyOf.get(task_id) as string, upstreamId: copyOf.get(depends_on_task_id) as string };
    const inserted = await insertDependency(tx, { ...kind, ...ends }, (task, upstream) =>
      dependencyFact("dependency.added", task, upstream, kind, actorOf(caller)),
    );
    places.push(...inserted.places);
  }
  return { taskIds, places };
}
