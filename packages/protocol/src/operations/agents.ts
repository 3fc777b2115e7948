import { RESULT_MAX_BYTES } from "@orchestratia/domain/contracts";
import { z } from "zod";
import { Answer, Intervention, InterventionFilter } from "../interventions.ts";
import { operation } from "../operation.ts";
import { NewPipeline, Pipeline, PipelineQuery } from "../pipelines.ts";
import { Server } from "../servers.ts";
import { AgentSession } from "../sessions.ts";
import { TaskListQuery } from "../task-filter.ts";
import {
  AddedDependency,
  Assignment,
  Completion,
  Failure,
  HelpRequest,
  MatchExplanation,
  NewDependency,
  NewNote,
  NewTask,
  Note,
  NoteQuery,
  PlanSubmission,
  Task,
  TaskChanges,
  TaskSummary,
} from "../tasks.ts";
import { InterventionStatus, ProjectId, ServerId, SessionId, SessionRole, TaskRef } from "../vocabulary.ts";

const tasks = "/api/v1/server/tasks";
const task = `${tasks}/:task`;
const OnTask = z.object({ task: TaskRef });
const shared = { door: "agents", tag: "agent tasks" } as const;
const missing = ["task_not_found", "task_ambiguous"] as const;
const worker = [...missing, "task_wrong_status", "not_the_worker", "stale_lease"] as const;
/** The envelope around a result may need a little more than the result. */
const resultBody = RESULT_MAX_BYTES + 256 * 1024;

export const agentListTasks = operation({
  ...shared,
  id: "agentListTasks",
  access: "worker",
  method: "GET",
  path: tasks,
  summary: "The project's tasks, newest first; without `limit` the newest 1,000",
  query: TaskListQuery.extend({ project_id: z.string().max(64).optional() }),
  response: z.object({ tasks: z.array(TaskSummary), next: z.string().nullable() }),
  problems: ["project_not_found", "task_not_found", "task_ambiguous"],
});

export const agentCreateTask = operation({
  ...shared,
  id: "agentCreateTask",
  access: "worker",
  method: "POST",
  path: tasks,
  summary: "Make a task",
  body: NewTask,
  response: Task,
  status: 201,
  problems: [
    "task_not_found",
    "task_ambiguous",
    "parent_settled",
    "project_not_found",
    "forbidden",
    "dependency_cycle",
    "input_name_taken",
    "contract_missing",
    "contract_schema_invalid",
    "dependency_exists",
  ],
});

export const agentCheckTasks = operation({
  ...shared,
  id: "agentCheckTasks",
  access: "worker",
  method: "GET",
  path: `${tasks}/check`,
  summary: "Every unsettled task of the session (or, without one, of the server)",
  query: z.object({ session_id: z.string().max(64).optional() }),
  response: z.object({ count: z.number().int(), tasks: z.array(Task) }),
  problems: ["session_not_found"],
});

export const agentViewTask = operation({
  ...shared,
  id: "agentViewTask",
  access: "worker",
  method: "GET",
  path: task,
  summary: "One task with dependencies and resolved inputs",
  params: OnTask,
  response: Task,
  problems: missing,
});

export const agentUpdateTask = operation({
  ...shared,
  id: "agentUpdateTask",
  access: "worker",
  method: "PUT",
  path: task,
  summary: "Change a task's fields; a session's token must send If-Match",
  params: OnTask,
  body: TaskChanges,
  response: Task,
  problems: [...missing, "version_conflict", "task_wrong_status", "contract_schema_invalid", "dependency_cycle"],
});

export const agentCancelTask = operation({
  ...shared,
  id: "agentCancelTask",
  access: "worker",
  method: "DELETE",
  path: task,
  summary: "Cancel a task that the session created",
  params: OnTask,
  response: Task,
  problems: [...missing, "task_wrong_status", "forbidden"],
});

export const agentStartTask = operation({
  ...shared,
  id: "agentStartTask",
  access: "worker",
  method: "POST",
  path: `${task}/start`,
  summary: "Begin to work",
  params: OnTask,
  response: Task,
  problems: [...worker, "dependencies_unresolved", "session_busy"],
});

export const agentCompleteTask = operation({
  ...shared,
  id: "agentCompleteTask",
  access: "worker",
  method: "POST",
  path: `${task}/complete`,
  summary: "Deliver the result; it is checked against the declared contracts",
  params: OnTask,
  body: Completion,
  response: Task,
  problems: [...worker, "contract_unfulfilled", "contract_changed", "evidence_failed", "session_busy"],
  bodyLimit: resultBody,
});

export const agentSubmitTask = operation({
  ...shared,
  id: "agentSubmitTask",
  access: "worker",
  method: "POST",
  path: `${task}/submit`,
  summary: "Deliver the result for review",
  params: OnTask,
  body: Completion,
  response: Task,
  problems: [...worker, "contract_unfulfilled", "contract_changed", "evidence_failed"],
  bodyLimit: resultBody,
});

export const agentFailTask = operation({
  ...shared,
  id: "agentFailTask",
  access: "worker",
  method: "POST",
  path: `${task}/fail`,
  summary: "Give up, saying why",
  params: OnTask,
  body: Failure,
  response: Task,
  problems: worker,
});

export const agentPlanTask = operation({
  ...shared,
  id: "agentPlanTask",
  access: "worker",
  method: "POST",
  path: `${task}/plan`,
  summary: "Submit the plan for review",
  params: OnTask,
  body: PlanSubmission,
  response: Task,
  problems: worker,
});

export const agentHelpTask = operation({
  ...shared,
  id: "agentHelpTask",
  access: "worker",
  method: "POST",
  path: `${task}/help`,
  summary: "Ask a person; the task waits in needs_human",
  params: OnTask,
  body: HelpRequest,
  response: z.object({ intervention_id: z.uuid(), status: InterventionStatus }),
  problems: [...worker, "session_not_found"],
});

export const agentAssignTask = operation({
  ...shared,
  id: "agentAssignTask",
  access: "orchestrator",
  method: "POST",
  path: `${task}/assign`,
  summary: "Give a task to a session by its name",
  params: OnTask,
  body: Assignment,
  response: Task,
  problems: [
    ...missing,
    "task_wrong_status",
    "session_not_found",
    "session_ambiguous",
    "task_not_assignable",
    "forbidden",
    "server_not_found",
  ],
});

export const agentAddDependency = operation({
  ...shared,
  id: "agentAddDependency",
  access: "worker",
  method: "POST",
  path: `${task}/dependencies`,
  summary: "Let a task wait for another",
  params: OnTask,
  body: NewDependency,
  response: AddedDependency,
  status: 201,
  problems: [
    ...missing,
    "dependency_cycle",
    "dependency_exists",
    "dependency_self",
    "dependency_too_late",
    "input_name_taken",
    "contract_missing",
  ],
});

export const agentRemoveDependency = operation({
  ...shared,
  id: "agentRemoveDependency",
  access: "worker",
  method: "DELETE",
  path: `${task}/dependencies/:upstream`,
  summary: "Drop a dependency by the upstream task",
  params: OnTask.extend({ upstream: TaskRef }),
  response: Task,
  problems: [...missing, "dependency_not_found"],
});

export const agentListNotes = operation({
  ...shared,
  id: "agentListNotes",
  access: "worker",
  method: "GET",
  path: `${task}/notes`,
  summary: "A task's notes, oldest first",
  params: OnTask,
  query: NoteQuery,
  response: z.array(Note),
  problems: missing,
});

export const agentAddNote = operation({
  ...shared,
  id: "agentAddNote",
  access: "worker",
  method: "POST",
  path: `${task}/notes`,
  summary: "Write to a task's readers; an urgent note interrupts its worker",
  params: OnTask,
  body: NewNote,
  response: Note,
  status: 201,
  problems: missing,
});

export const agentExplainMatch = operation({
  ...shared,
  id: "agentExplainMatch",
  access: "worker",
  method: "GET",
  path: `${task}/match`,
  summary: "Every server, every criterion: where the task would go and why",
  params: OnTask,
  response: MatchExplanation,
  problems: missing,
});

export const agentCreatePipeline = operation({
  ...shared,
  id: "agentCreatePipeline",
  access: "orchestrator",
  method: "POST",
  path: "/api/v1/server/pipelines",
  summary: "Make several tasks and their dependencies at once, all or nothing",
  query: PipelineQuery,
  body: NewPipeline,
  response: Pipeline,
  status: 201,
  problems: [
    "session_not_found",
    "session_ambiguous",
    "task_not_found",
    "task_ambiguous",
    "pipeline_invalid",
    "parent_settled",
    "malformed_yaml",
    "dependency_cycle",
    "forbidden",
    "contract_schema_invalid",
    "dependency_exists",
    "input_name_taken",
    "contract_missing",
    "task_not_assignable",
  ],
});

export const agentListInterventions = operation({
  ...shared,
  id: "agentListInterventions",
  access: "worker",
  method: "GET",
  path: "/api/v1/server/interventions",
  summary: "What waits or waited for an answer, newest first",
  query: InterventionFilter,
  response: z.array(Intervention),
  problems: ["task_not_found", "task_ambiguous"],
});

export const agentRespondIntervention = operation({
  ...shared,
  id: "agentRespondIntervention",
  access: "orchestrator",
  method: "POST",
  path: "/api/v1/server/interventions/:intervention/respond",
  summary: "Answer a question (orchestrator sessions only)",
  params: z.object({ intervention: z.string().min(4).max(36) }),
  body: Answer,
  response: Intervention,
  problems: ["intervention_not_found", "intervention_ambiguous", "intervention_settled", "human_only", "forbidden"],
});

export const agentListServers = operation({
  ...shared,
  id: "agentListServers",
  access: "worker",
  method: "GET",
  path: "/api/v1/server/servers",
  summary: "The project's servers",
  response: z.object({ servers: z.array(Server) }),
});

export const agentListSessions = operation({
  ...shared,
  id: "agentListSessions",
  access: "worker",
  method: "GET",
  path: "/api/v1/server/sessions",
  summary: "The project's live sessions",
  query: z.object({ project_id: z.string().max(64).optional() }),
  response: z.object({ sessions: z.array(AgentSession) }),
  problems: ["project_not_found"],
});

/** What an agent is told about itself when it starts. */
export const AgentSelf = z
  .object({
    connected: z.literal(true),
    server_id: ServerId,
    server_name: z.string(),
    session_id: SessionId.nullable(),
    session_name: z.string().nullable(),
    project_id: ProjectId,
    project_key: z.string(),
    project_name: z.string(),
    role: SessionRole,
    tasks: z.array(TaskSummary),
    task_summary: z.object({ pending: z.number().int(), running: z.number().int(), total: z.number().int() }),
  })
  .meta({ id: "AgentSelf" });

export const agentStatus = operation({
  ...shared,
  id: "agentStatus",
  access: "worker",
  method: "GET",
  path: "/api/v1/server/status",
  summary: "Who this session is and what is on its plate",
  query: z.object({ session_id: z.string().max(64).optional() }),
  response: AgentSelf,
});
