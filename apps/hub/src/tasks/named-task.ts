import { Problem } from "@orchestratia/protocol/problems";
import type { TaskId } from "@orchestratia/protocol/vocabulary";
import { type AgentCaller, mustBeItsToChange } from "../access/agent-powers.ts";
import type { Caller } from "../access/caller.ts";
import type { Database } from "../db/database.ts";
import { projectFor } from "../projects/access.ts";
import { resolveTaskRef } from "./task-ref.ts";

/** Who came through the agents' door. */
export function agentOf(caller: Caller): AgentCaller {
  if (caller.kind === "session" || caller.kind === "server") return caller;
  throw new Problem("forbidden", "This address is for agents; people use the one under /api/v1/projects.");
}

/** The task of an agent's address, in the agent's own project. Throws task_not_found, task_ambiguous. */
export function taskOfAgent(database: Database, caller: Caller, ref: string): Promise<TaskId> {
  return resolveTaskRef(database, agentOf(caller).projectId, ref);
}

/** Like `taskOfAgent`; throws forbidden when the agent may not change that task. */
export async function taskToChangeByAgent(database: Database, caller: Caller, ref: string): Promise<TaskId> {
  const id = await taskOfAgent(database, caller, ref);
  const [task] = await database.sql.query<{ source_session_id: string | null }>(
    "select source_session_id from tasks where id = $1",
    [id],
  );
  mustBeItsToChange(agentOf(caller), { sourceSessionId: task?.source_session_id ?? null });
  return id;
}

/** Version 1 clients name their project wherever they can. Throws project_not_found for another one. */
export async function mustBeOwnProject(
  database: Database,
  caller: Caller,
  project: string | null | undefined,
): Promise<void> {
  if (project && project !== agentOf(caller).projectId) await projectFor(database, caller, project);
}
