import { z } from "zod";
import { operation } from "../operation.ts";
import { Moment, ProjectRef, TaskRef } from "../vocabulary.ts";
import { WorkspaceDiff, Worktree } from "../workspace.ts";

const asked = ["server_unreachable", "daemon_lacks", "daemon_silent", "workspace_refused"] as const;
const server = z.string().min(1).max(200).describe("Id or name of the server");

/** What a task changed, as it is now or as it was when the task was completed. */
const TaskDiff = WorkspaceDiff.extend({
  source: z.enum(["checkout", "completion"]).describe("From the task's checkout just now, or kept at its completion"),
}).meta({ id: "TaskDiff" });
export type TaskDiff = z.infer<typeof TaskDiff>;

const diff = {
  method: "GET",
  summary: "What a task has changed: files, hunks and commits",
  query: z.object({
    source: z
      .enum(["checkout", "completion"])
      .optional()
      .describe("Without it what was kept at the completion; while there is none, the checkout"),
  }),
  response: TaskDiff,
  problems: ["task_not_found", "task_ambiguous", "diff_not_found", ...asked],
} as const;

export const viewTaskDiff = operation({
  ...diff,
  door: "people",
  tag: "tasks",
  id: "viewTaskDiff",
  access: "viewer",
  path: "/api/v1/projects/:project/tasks/:task/diff",
  params: z.object({ project: ProjectRef, task: TaskRef }),
});

export const agentViewTaskDiff = operation({
  ...diff,
  door: "agents",
  tag: "agent tasks",
  id: "agentViewTaskDiff",
  access: "worker",
  path: "/api/v1/server/tasks/:task/diff",
  params: z.object({ task: TaskRef }),
});

export const listWorktrees = operation({
  door: "people",
  tag: "servers",
  id: "listWorktrees",
  access: "viewer",
  method: "GET",
  path: "/api/v1/projects/:project/servers/:server/worktrees",
  summary: "The checkouts of tasks on a server, as its daemon finds them now",
  params: z.object({ project: ProjectRef, server }),
  response: z.object({ worktrees: z.array(Worktree), asked_at: Moment }),
  problems: ["project_not_found", "server_not_found", ...asked],
});

export const cleanWorktrees = operation({
  door: "people",
  tag: "servers",
  id: "cleanWorktrees",
  access: "member",
  method: "POST",
  path: "/api/v1/projects/:project/servers/:server/worktrees/clean",
  summary: "Discard the checkouts on a server that nobody needs: of settled tasks, merged, with nothing uncommitted",
  params: z.object({ project: ProjectRef, server }),
  response: z.object({
    discarded: z.array(z.string()).describe("Keys of their tasks"),
    kept: z.array(z.object({ task_key: z.string(), reason: z.string() })),
  }),
  problems: ["project_not_found", "server_not_found", ...asked],
});

export const discardWorktree = operation({
  door: "people",
  tag: "servers",
  id: "discardWorktree",
  access: "member",
  method: "POST",
  path: "/api/v1/projects/:project/servers/:server/worktrees/:task/discard",
  summary: "Remove a task's checkout; its branch stays while it has commits that are not merged",
  params: z.object({ project: ProjectRef, server, task: TaskRef }),
  body: z.object({ force: z.boolean().default(false).describe("Uncommitted work is lost too") }),
  response: z.object({ ok: z.literal(true) }),
  problems: [
    "project_not_found",
    "server_not_found",
    "task_not_found",
    "task_ambiguous",
    "task_wrong_status",
    ...asked,
  ],
});
