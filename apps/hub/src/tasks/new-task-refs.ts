import type { NewTask } from "@orchestratia/protocol/tasks";
import type { ProjectId, TaskId } from "@orchestratia/protocol/vocabulary";
import type { Database } from "../db/database.ts";
import { resolveTaskRef, resolveTaskRefs } from "./task-ref.ts";

export type ResolvedNewTask = NewTask & { parent_id: TaskId | null };

/** The new task with an id wherever it refers to another one. Throws task_not_found, task_ambiguous. */
export async function resolveNewTask(
  database: Pick<Database, "sql">,
  projectId: ProjectId,
  task: NewTask,
): Promise<ResolvedNewTask> {
  const dependencies = task.dependencies ?? [];
  const upstreams = await resolveTaskRefs(
    database,
    projectId,
    dependencies.map((dependency) => dependency.depends_on_task_id),
  );
  return {
    ...task,
    after: task.after ? await resolveTaskRef(database, projectId, task.after) : null,
    before: task.before ? await resolveTaskRef(database, projectId, task.before) : null,
    parent_id: task.parent_id ? await resolveTaskRef(database, projectId, task.parent_id) : null,
    dependency_ids: await resolveTaskRefs(database, projectId, task.dependency_ids ?? []),
    dependencies: dependencies.map((dependency, index) => ({
      ...dependency,
      depends_on_task_id: upstreams[index] ?? dependency.depends_on_task_id,
    })),
  };
}
