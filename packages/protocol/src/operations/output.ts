import { z } from "zod";
import { operation } from "../operation.ts";
import { NewTaskOutput, OutputStream, TaskOutput } from "../task-output.ts";
import { ProjectRef, TaskRef } from "../vocabulary.ts";

const missing = ["task_not_found", "task_ambiguous"] as const;
const query = z.object({
  after: z.coerce.number().int().min(0).default(0).describe("The `seq` of the last piece of the page before"),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  stream: OutputStream.optional(),
});
const response = z.object({
  output: z.array(TaskOutput).describe("Oldest first"),
  next: z.number().int().nullable().describe("What to give as `after` for the next page; null on the last"),
});

export const listTaskOutput = operation({
  door: "people",
  tag: "tasks",
  id: "listTaskOutput",
  access: "viewer",
  method: "GET",
  path: "/api/v1/projects/:project/tasks/:task/output",
  summary: "What a task's programs printed, and the end of what its sessions showed",
  params: z.object({ project: ProjectRef, task: TaskRef }),
  query,
  response,
  problems: missing,
});

export const agentListTaskOutput = operation({
  door: "agents",
  tag: "agent tasks",
  id: "agentListTaskOutput",
  access: "worker",
  method: "GET",
  path: "/api/v1/server/tasks/:task/output",
  summary: "What a task's programs printed, and the end of what its sessions showed",
  params: z.object({ task: TaskRef }),
  query,
  response,
  problems: missing,
});

export const agentAddTaskOutput = operation({
  door: "agents",
  tag: "agent tasks",
  id: "agentAddTaskOutput",
  access: "worker",
  method: "POST",
  path: "/api/v1/server/tasks/:task/output",
  summary: "Append to the output of the caller's own task",
  params: z.object({ task: TaskRef }),
  body: NewTaskOutput,
  response: TaskOutput.omit({ content: true }),
  status: 201,
  problems: [...missing, "not_the_worker", "stale_lease"],
  bodyLimit: 2 * 1024 * 1024,
});
