import { ProjectSettings } from "@orchestratia/protocol/projects";

type SettingName = keyof ProjectSettings;

/** How a setting is asked for and told of. */
export interface Setting {
  name: SettingName;
  label: string;
  /** What it does, in a sentence. */
  help: string;
  /** Of a choice: its values in words. */
  options?: Readonly<Record<string, string>>;
  /** What stands for no value. */
  none?: string;
}

interface SettingGroup {
  title: string;
  settings: readonly Setting[];
}

/** All settings of a project, in the order in which work meets them. */
export const SETTING_GROUPS: readonly SettingGroup[] = [
  {
    title: "Plans and reviews",
    settings: [
      {
        name: "require_plan_approval",
        label: "A plan comes first",
        help: "A worker submits a plan and goes on when it is approved; a task may say otherwise.",
      },
      {
        name: "require_review",
        label: "A person approves each result",
        help: "A completed task waits in review; a task may say otherwise.",
      },
      {
        name: "orchestrator_may_approve",
        label: "An orchestrator may approve plans",
        help: "Sessions with the role orchestrator may do so in a person's place.",
      },
    ],
  },
  {
    title: "Sessions",
    settings: [
      {
        name: "auto_start_sessions",
        label: "Start sessions for assigned work",
        help: "The hub starts a session where assigned work has none; without it the work waits for one.",
      },
      {
        name: "default_agent",
        label: "Agent",
        help: "What such a session runs: claude, codex, gemini, opencode, or a name that the server's own configuration knows.",
        none: "the first of claude, codex, gemini, opencode that the server has",
      },
      {
        name: "default_server_dir",
        label: "Folder",
        help: "Where such a session starts when the task names no repository of the server.",
        none: "the folder that the server's configuration names for the agent, else the home folder",
      },
      {
        name: "close_session_on_settle",
        label: "End the session of a cancelled task",
        help: "Cancelling a task also closes the session that works on it.",
      },
    ],
  },
  {
    title: "Worktrees and evidence",
    settings: [
      {
        name: "worktree_per_task",
        label: "A worktree for each task",
        help: "Each task gets a session of its own in a checkout of its own, on the branch orc/<task key>.",
      },
      {
        name: "keep_merged_worktrees",
        label: "Keep merged worktrees for",
        help: "When their task has ended and the base branch has all that they have, they are removed after that time, such as 24 h or 7 d; forever keeps them.",
      },
      {
        name: "verify_commands",
        label: "Verify commands",
        help: "Run by the daemon where the work is, one after another, when a worker completes; one that fails or takes longer than 10 minutes refuses the completion.",
        none: "none, nothing is checked",
      },
    ],
  },
  {
    title: "When something goes wrong",
    settings: [
      {
        name: "on_worker_lost",
        label: "A worker is lost",
        help: "What becomes of its started task when it is not back within the grace.",
        options: { ask: "Ask a person", requeue: "Give the task back to the queue", fail: "Fail the task" },
      },
      {
        name: "grace",
        label: "Grace",
        help: "How long a lost worker or an offline server may be away before the hub acts, such as 30 s, 10 min or 2 h.",
      },
      {
        name: "max_attempts",
        label: "Attempts",
        help: "After so many, a lost worker's task is asked about instead of being given back to the queue.",
      },
      {
        name: "on_upstream_failure",
        label: "A task fails that others wait for",
        help: "What becomes of those that wait for a failed or cancelled task.",
        options: { ask: "Ask about each one", cancel: "Cancel them with all that waits for them" },
      },
      {
        name: "on_usage_limit",
        label: "An agent reaches its usage limit",
        help: "What becomes of its task.",
        options: { wait: "Wait for the limit's end", move: "Move the task to another server", ask: "Ask a person" },
      },
    ],
  },
  {
    title: "Recordings",
    settings: [
      {
        name: "retention_recordings",
        label: "Keep recordings for",
        help: "Older parts of what sessions printed are removed; such as 30 d or 12 h.",
      },
    ],
  },
];

const defaults = ProjectSettings.parse({});

/** A setting's value as people read it. */
export function valueWords({ name, options, none }: Setting, settings: ProjectSettings): string {
  const value = settings[name];
  if (typeof value === "boolean") return value ? "on" : "off";
  if (value === null || (Array.isArray(value) && value.length === 0)) return none ?? "none";
  if (Array.isArray(value)) return value.join("\n");
  return options?.[String(value)]?.toLowerCase() ?? String(value);
}

/** What holds where nothing was chosen. */
export const defaultWords = (setting: Setting): string => valueWords(setting, defaults);
