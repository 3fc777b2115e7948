import { ProjectSettings } from "../../packages/protocol/src/projects.ts";
import { fieldsOf } from "./fields.ts";
import { code, table } from "./markdown.ts";

const MEANINGS: Readonly<Record<keyof ProjectSettings, string>> = {
  require_plan_approval: "A worker submits a plan first; a task may say otherwise",
  require_review: "A person approves each result; a task may say otherwise",
  orchestrator_may_approve: "Sessions with the role orchestrator decide on plans too, never on their own",
  auto_start_sessions: "The hub starts a session where assigned work has none",
  default_agent: "What such a session runs",
  default_server_dir: "Where it starts when the task names no repository of the server",
  on_upstream_failure: "The hub asks about each task that waits, or cancels it with all that waits for it in turn",
  on_usage_limit: "It waits for the limit's end, the task goes to another server, or the hub asks",
  on_worker_lost: "The hub asks, gives the task back to the queue, or fails it",
  grace: "Before that happens, and before a server that is offline loses what nobody has begun",
  max_attempts: "With requeue",
  retention_recordings: "Older parts of recordings are removed",
  worktree_per_task: "Where a task names a repository of the server, or the server has only one",
  keep_merged_worktrees: "What is not merged, or not committed, is kept until somebody discards it",
  verify_commands: "An empty list checks nothing",
  close_session_on_settle: "Cancelling a task also ends its session",
};

export const settingsTable = (): string =>
  table(
    ["setting", "value", "without it", "meaning"],
    fieldsOf(ProjectSettings, "input").map(({ name, value, description, fallback = "" }) => {
      const meaning = MEANINGS[name as keyof ProjectSettings];
      if (!meaning) throw new Error(`scripts/docs/settings.ts does not say what ${name} means`);
      return [code(name), value, code(fallback), [meaning, description].filter(Boolean).join("; ")];
    }),
  );
