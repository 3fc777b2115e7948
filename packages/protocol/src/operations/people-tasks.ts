import { z } from "zod";
import { operation } from "../operation.ts";
import { TaskListQuery } from "../task-filter.ts";
import {
  AddedDependency,
  Assignment,
  MatchExplanation,
  NewDependency,
  NewNote,
  NewTask,
  Note,
  NoteQuery,
  Task,
  TaskChanges,
  TaskSummary,
} from "../tasks.ts";
import { ProjectRef, TaskRef } from "../vocabulary.ts";

const tasks = "/api/v1/projects/:project/tasks";
const task = `${tasks}/:task`;
const InProject = z.object({ project: ProjectRef });
const OnTask = z.object({ project: ProjectRef, task: TaskRef });
const Feedback = z.object({ feedback: z.string().min(1).max(20_000) });
const shared = { door: "people", tag: "tasks" } as const;
const missing = ["task_not_found", "task_ambiguous"] as const;

export const listTasks = operation({
  ...shared,
  id: "listTasks",
  access: "viewer",
  method: "GET",
  path: tasks,
  summary: "The project's tasks, newest first",
  params: InProject,
  query: TaskListQuery,
  response: z.object({ tasks: z.array(TaskSummary), next: z.string().nullable() }),
  problems: ["project_not_found", "task_not_found", "task_ambiguous"],
});

export const createTask = operation({
  ...shared,
  id: "createTask",
  access: "member",
  method: "POST",
  path: tasks,
  summary: "Make a task",
  params: InProject,
  body: NewTask,
  response: Task,
  status: 201,
  problems: [
    "parent_settled",
    "task_not_found",
    "task_ambiguous",
    "project_not_found",
    "dependency_cycle",
    "input_name_taken",
    "contract_missing",
    "contract_schema_invalid",
    "dependency_exists",
  ],
});

export const viewTask = operation({
  ...shared,
  id: "viewTask",
  access: "viewer",
  method: "GET",
  path: task,
  summary: "One task with all there is to know of it",
  params: OnTask,
  response: Task,
  problems: missing,
});

export const updateTask = operation({
  ...shared,
  id: "updateTask",
  access: "member",
  method: "PATCH",
  path: task,
  summary: "Change a task's fields; If-Match with its version guards against others",
  params: OnTask,
  body: TaskChanges,
  response: Task,
  problems: [...missing, "version_conflict", "task_wrong_status", "contract_schema_invalid", "dependency_cycle"],
});

export const cancelTask = operation({
  ...shared,
  id: "cancelTask",
  access: "member",
  method: "DELETE",
  path: task,
  summary: "Cancel a task and its children",
  params: OnTask,
  response: Task,
  problems: [...missing, "task_wrong_status"],
});

export const assignTask = operation({
  ...shared,
  id: "assignTask",
  access: "member",
  method: "POST",
  path: `${task}/assign`,
  summary: "Give a task to a server or a session",
  params: OnTask,
  body: Assignment,
  response: Task,
  problems: [
    ...missing,
    "task_wrong_status",
    "server_not_found",
    "session_not_found",
    "task_not_assignable",
    "session_ambiguous",
  ],
});

export const unassignTask = operation({
  ...shared,
  id: "unassignTask",
  access: "member",
  method: "POST",
  path: `${task}/unassign`,
  summary: "Take an unstarted task back; it stays where it is until somebody assigns it",
  params: OnTask,
  response: Task,
  problems: [...missing, "task_wrong_status"],
});

export const approvePlan = operation({
  ...shared,
  id: "approvePlan",
  access: "member",
  method: "POST",
  path: `${task}/approve-plan`,
  summary: "Let the worker carry out its plan",
  params: OnTask,
  response: Task,
  problems: [...missing, "task_wrong_status"],
});

export const revisePlan = operation({
  ...shared,
  id: "revisePlan",
  access: "member",
  method: "POST",
  path: `${task}/revise-plan`,
  summary: "Send the plan back with what should change",
  params: OnTask,
  body: Feedback,
  response: Task,
  problems: [...missing, "task_wrong_status"],
});

export const approveTask = operation({
  ...shared,
  id: "approveTask",
  access: "member",
  method: "POST",
  path: `${task}/approve`,
  summary: "Accept a reviewed result; the task is done",
  params: OnTask,
  response: Task,
  problems: [...missing, "task_wrong_status", "contract_unfulfilled", "contract_changed"],
});

export const requestChanges = operation({
  ...shared,
  id: "requestChanges",
  access: "member",
  method: "POST",
  path: `${task}/request-changes`,
  summary: "Send a reviewed result back with what should change",
  params: OnTask,
  body: Feedback,
  response: Task,
  problems: [...missing, "task_wrong_status"],
});

export const addDependency = operation({
  ...shared,
  id: "addDependency",
  access: "member",
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

export const removeDependency = operation({
  ...shared,
  id: "removeDependency",
  access: "member",
  method: "DELETE",
  path: `${task}/dependencies/:upstream`,
  summary: "Drop a dependency by the upstream task",
  params: OnTask.extend({ upstream: TaskRef }),
  response: Task,
  problems: [...missing, "dependency_not_found"],
});

export const listNotes = operation({
  ...shared,
  id: "listNotes",
  access: "viewer",
  method: "GET",
  path: `${task}/notes`,
  summary: "A task's notes, oldest first",
  params: OnTask,
  query: NoteQuery,
  response: z.object({ notes: z.array(Note) }),
  problems: missing,
});

export const addNote = operation({
  ...shared,
  id: "addNote",
  access: "member",
  method: "POST",
  path: `${task}/notes`,
  summary: "Write to a task's worker and readers",
  params: OnTask,
  body: NewNote,
  response: Note,
  status: 201,
  problems: missing,
});

export const explainMatch = operation({
  ...shared,
  id: "explainMatch",
  access: "viewer",
  method: "GET",
  path: `${task}/match`,
  summary: "Every server, every criterion: why this server",
  params: OnTask,
  response: MatchExplanation,
  problems: missing,
});
