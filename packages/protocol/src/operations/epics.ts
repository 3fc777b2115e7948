import { z } from "zod";
import { operation } from "../operation.ts";
import { Task, TaskPlacement, TaskSummary } from "../tasks.ts";
import { PageQuery, ProjectRef, TaskRef } from "../vocabulary.ts";

const OnTask = z.object({ project: ProjectRef, task: TaskRef });
const OfAgent = z.object({ task: TaskRef });
const missing = ["task_not_found", "task_ambiguous"] as const;
const refused = ["parent_settled", "parent_cycle", "dependency_cycle"] as const;
const Children = z.object({
  tasks: z.array(TaskSummary).describe("In their order, archived ones too"),
  next: z.string().nullable(),
});

const people = { door: "people", tag: "tasks" } as const;
const agents = { door: "agents", tag: "agent tasks" } as const;

export const placeTask = operation({
  ...people,
  id: "placeTask",
  access: "member",
  method: "POST",
  path: "/api/v1/projects/:project/tasks/:task/place",
  summary: "Put a task under another parent, or elsewhere among its siblings",
  params: OnTask,
  body: TaskPlacement,
  response: Task,
  problems: [...missing, ...refused],
});

export const listChildren = operation({
  ...people,
  id: "listChildren",
  access: "viewer",
  method: "GET",
  path: "/api/v1/projects/:project/tasks/:task/children",
  summary: "A task's children in their order",
  params: OnTask,
  query: PageQuery,
  response: Children,
  problems: missing,
});

export const agentPlaceTask = operation({
  ...agents,
  id: "agentPlaceTask",
  access: "orchestrator",
  method: "POST",
  path: "/api/v1/server/tasks/:task/place",
  summary: "Put a task under another parent, or elsewhere among its siblings",
  params: OfAgent,
  body: TaskPlacement,
  response: Task,
  problems: [...missing, ...refused],
});

export const agentListChildren = operation({
  ...agents,
  id: "agentListChildren",
  access: "worker",
  method: "GET",
  path: "/api/v1/server/tasks/:task/children",
  summary: "A task's children in their order",
  params: OfAgent,
  query: PageQuery,
  response: Children,
  problems: missing,
});
