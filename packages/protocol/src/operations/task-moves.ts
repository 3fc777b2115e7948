import { z } from "zod";
import { operation } from "../operation.ts";
import { Failure, PlanRevision, Task } from "../tasks.ts";
import { ProjectRef, TaskRef } from "../vocabulary.ts";

const task = "/api/v1/projects/:project/tasks/:task";
const agentTask = "/api/v1/server/tasks/:task";
const OnTask = z.object({ project: ProjectRef, task: TaskRef });
const OfAgent = z.object({ task: TaskRef });
const missing = ["task_not_found", "task_ambiguous"] as const;
const Plans = z.object({ revisions: z.array(PlanRevision).describe("Oldest first") });

const people = { door: "people", tag: "tasks" } as const;
const agents = { door: "agents", tag: "agent tasks" } as const;

export const failTask = operation({
  ...people,
  id: "failTask",
  access: "member",
  method: "POST",
  path: `${task}/fail`,
  summary: "End a started task as failed; its worker is told to stop",
  params: OnTask,
  body: Failure,
  response: Task,
  problems: [...missing, "task_wrong_status"],
});

export const requeueTask = operation({
  ...people,
  id: "requeueTask",
  access: "member",
  method: "POST",
  path: `${task}/requeue`,
  summary: "Take a started task from its worker and put it back into the queue for another attempt",
  params: OnTask,
  body: z
    .object({ reason: z.string().min(1).max(2000).optional().describe("What its worker and its history are told") })
    .default({})
    .meta({ id: "Requeue" }),
  response: Task,
  problems: [...missing, "task_wrong_status"],
});

export const retryTask = operation({
  ...people,
  id: "retryTask",
  access: "member",
  method: "POST",
  path: `${task}/retry`,
  summary: "Try a failed or cancelled task again; its history is kept",
  params: OnTask,
  response: Task,
  problems: [...missing, "task_wrong_status"],
});

export const reopenTask = operation({
  ...people,
  id: "reopenTask",
  access: "member",
  method: "POST",
  path: `${task}/reopen`,
  summary: "Take a done task up again; what waited for it and has not begun waits again",
  params: OnTask,
  response: Task,
  problems: [...missing, "task_wrong_status"],
});

export const archiveTask = operation({
  ...people,
  id: "archiveTask",
  access: "member",
  method: "POST",
  path: `${task}/archive`,
  summary: "Put a settled task out of sight; a failed one no longer holds what comes after it in order",
  params: OnTask,
  response: Task,
  problems: [...missing, "task_wrong_status"],
});

export const unarchiveTask = operation({
  ...people,
  id: "unarchiveTask",
  access: "member",
  method: "POST",
  path: `${task}/unarchive`,
  summary: "Show an archived task again",
  params: OnTask,
  response: Task,
  problems: missing,
});

export const listPlans = operation({
  ...people,
  id: "listPlans",
  access: "viewer",
  method: "GET",
  path: `${task}/plans`,
  summary: "Every revision of a task's plan, with what was said of it",
  params: OnTask,
  response: Plans,
  problems: missing,
});

export const agentListPlans = operation({
  ...agents,
  id: "agentListPlans",
  access: "worker",
  method: "GET",
  path: `${agentTask}/plans`,
  summary: "Every revision of a task's plan, with what was said of it",
  params: OfAgent,
  response: Plans,
  problems: missing,
});

export const agentApprovePlan = operation({
  ...agents,
  id: "agentApprovePlan",
  access: "orchestrator",
  method: "POST",
  path: `${agentTask}/approve-plan`,
  summary: "Let a worker carry out its plan, where the project lets orchestrators decide",
  params: OfAgent,
  response: Task,
  problems: [...missing, "task_wrong_status", "forbidden"],
});

export const agentRevisePlan = operation({
  ...agents,
  id: "agentRevisePlan",
  access: "orchestrator",
  method: "POST",
  path: `${agentTask}/revise-plan`,
  summary: "Send a plan back with what should change, where the project lets orchestrators decide",
  params: OfAgent,
  body: z.object({ feedback: z.string().min(1).max(20_000) }),
  response: Task,
  problems: [...missing, "task_wrong_status", "forbidden"],
});
