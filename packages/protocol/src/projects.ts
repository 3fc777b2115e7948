import { z } from "zod";
import { Moment, ProjectId, ProjectRole } from "./vocabulary.ts";

export const ProjectKey = z
  .string()
  .regex(/^[A-Z][A-Z0-9]{1,9}$/, "2 to 10 capital letters and digits, such as APP")
  .describe("The first half of every task key");

const settings = {
  require_plan_approval: z.boolean(),
  require_review: z.boolean(),
  orchestrator_may_approve: z.boolean(),
  auto_start_sessions: z.boolean(),
  default_agent: z
    .string()
    .max(100)
    .nullable()
    .describe("null: the first of claude, codex, gemini, opencode that the server has"),
  default_server_dir: z.string().max(1000).nullable(),
  close_session_on_settle: z.boolean(),
  on_worker_lost: z
    .enum(["ask", "requeue", "fail"])
    .describe("What becomes of a started task whose worker is lost, after the grace"),
  grace: z
    .string()
    .regex(/^\d{1,6} ?(s|min|h|d)$/, "A number and s, min, h or d, such as 10 min")
    .describe("How long a lost worker or server may be away before the hub acts"),
  max_attempts: z.number().int().min(1).max(100).describe("After so many attempts a lost worker's task is asked about"),
  on_upstream_failure: z
    .enum(["ask", "cancel"])
    .describe("What becomes of tasks that wait for one that failed or was cancelled"),
  on_usage_limit: z
    .enum(["wait", "move", "ask"])
    .describe("What becomes of a task whose agent has reached its usage limit"),
  retention_recordings: z
    .string()
    .regex(/^\d{1,5} ?(h|d)$/, "A number and h or d, such as 30 d")
    .describe("How long what sessions printed is kept"),
  worktree_per_task: z
    .boolean()
    .describe("Each task gets a session of its own, in a checkout of its own, on the branch orc/<task key>"),
  keep_merged_worktrees: z
    .string()
    .regex(/^(\d{1,5} ?(h|d)|forever)$/, "A number and h or d, such as 24 h, or forever")
    .describe("How long after its task has ended a merged checkout is kept, in which nothing is uncommitted"),
  verify_commands: z
    .array(z.string().trim().min(1).max(4000))
    .max(20)
    .describe("Run by the daemon where the work is when a worker completes; one that fails refuses the completion"),
};

/** The settings that the engine reads, with what holds where nothing was chosen. */
export const ProjectSettings = z
  .object({
    require_plan_approval: settings.require_plan_approval.default(false),
    require_review: settings.require_review.default(false),
    orchestrator_may_approve: settings.orchestrator_may_approve.default(false),
    auto_start_sessions: settings.auto_start_sessions.default(true),
    default_agent: settings.default_agent.default(null),
    default_server_dir: settings.default_server_dir.default(null),
    close_session_on_settle: settings.close_session_on_settle.default(false),
    on_worker_lost: settings.on_worker_lost.default("ask"),
    grace: settings.grace.default("10 min"),
    max_attempts: settings.max_attempts.default(3),
    on_upstream_failure: settings.on_upstream_failure.default("ask"),
    on_usage_limit: settings.on_usage_limit.default("wait"),
    retention_recordings: settings.retention_recordings.default("30 d"),
    worktree_per_task: settings.worktree_per_task.default(true),
    keep_merged_worktrees: settings.keep_merged_worktrees.default("24 h"),
    verify_commands: settings.verify_commands.default([]),
  })
  .meta({ id: "ProjectSettings" });
export type ProjectSettings = z.infer<typeof ProjectSettings>;

/** Without defaults, which a partial object would fill in and so reset what was not named. */
const ChosenSettings = z.object(settings).partial();

export const Project = z
  .object({
    id: ProjectId,
    key: ProjectKey,
    name: z.string(),
    status: z.enum(["active", "archived"]),
    settings: ProjectSettings,
    role: ProjectRole.nullable().describe("The caller's role in it; null for an admin who is no member"),
    created_at: Moment,
  })
  .meta({ id: "Project" });
export type Project = z.infer<typeof Project>;

export const NewProject = z
  .object({ key: ProjectKey, name: z.string().trim().min(1).max(120), settings: ChosenSettings.optional() })
  .meta({ id: "NewProject" });

export const ProjectChanges = z
  .object({ name: z.string().trim().min(1).max(120).optional(), settings: ChosenSettings.optional() })
  .meta({ id: "ProjectChanges" });

/** What the home page counts. */
export const ProjectCounts = z
  .object({
    tasks: z.record(z.string(), z.number().int()).describe("By status"),
    blocked: z.number().int(),
    servers_online: z.number().int(),
    servers: z.number().int(),
    sessions_live: z.number().int(),
    interventions_pending: z.number().int(),
  })
  .meta({ id: "ProjectCounts" });
