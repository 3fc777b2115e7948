import type { Activity } from "@orchestratia/protocol/activity";
import type { DashboardFrame } from "@orchestratia/protocol/dashboard-link";
import type { Task, TaskSummary } from "@orchestratia/protocol/tasks";
import { TaskStatus } from "@orchestratia/protocol/vocabulary";
import type { QueryClient, QueryKey } from "@tanstack/react-query";

/** Facts come in bursts; what they make stale is read again once per burst. */
const gatherMs = 120;
const feedLength = 100;

/** A fact as the socket tells it: its ids are plain text there. */
type Fact = Pick<Activity, "position" | "details" | "actor" | "at"> & {
  event_type: string;
  project_id: string | null;
  task_id: string | null;
};

function factOf(frame: DashboardFrame): Fact | undefined {
  switch (frame.type) {
    case "task_event":
      return frame;
    case "session_event":
      return { ...frame, event_type: frame.event, task_id: null };
    case "activity":
      return frame.activity;
    default:
      return undefined;
  }
}

/** Which cached answers a fact may have changed, by the first word of its name. */
const staleBy: Record<string, readonly QueryKey[]> = {
  task: [
    ["tasks"],
    ["task"],
    ["children"],
    ["counts"],
    ["sessions"],
    ["session"],
    ["servers"],
    ["demo"],
    ["plans"],
    ["evidence"],
    ["diff", "kept"],
  ],
  dependency: [["tasks"], ["task"], ["children"], ["demo"]],
  note: [["task"]],
  intervention: [["interventions"], ["counts"], ["task"], ["tasks"]],
  session: [["sessions"], ["session"], ["counts"], ["servers"], ["task"], ["tasks"]],
  server: [["servers"], ["server_keys"], ["registration_tokens"], ["counts"], ["tasks"], ["sessions"]],
  registration_token: [["registration_tokens"]],
  project: [["projects"], ["members"]],
  invitation: [["invitations"], ["accounts"]],
  approval_rule: [["approval_rules"]],
};

/** Puts facts into the cache: the new status at once, the rest by asking the hub again for what is on screen. */
export function createFactReader(queries: QueryClient) {
  const stale = new Map<string, QueryKey>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const refresh = () => {
    timer = undefined;
    const keys = [...stale.values()];
    stale.clear();
    for (const queryKey of keys) void queries.invalidateQueries({ queryKey });
  };
  const refreshSoon = (keys: readonly QueryKey[]) => {
    for (const key of keys) stale.set(JSON.stringify(key), key);
    timer ??= setTimeout(refresh, gatherMs);
  };

  const take = (fact: Fact) => {
    patchStatus(queries, fact);
    prependToFeeds(queries, fact);
    refreshSoon(staleBy[fact.event_type.split(".")[0] ?? ""] ?? []);
  };

  return {
    read(frame: DashboardFrame): void {
      const fact = factOf(frame);
      if (fact) take(fact);
      // Between the first reading and the subscription, or while the link was down, facts may have passed unseen.
      if (frame.type === "caught_up") refreshSoon([...Object.values(staleBy).flat(), ["activity"]]);
    },
    stop(): void {
      clearTimeout(timer);
    },
  };
}

function patchStatus(queries: QueryClient, fact: Fact): void {
  const to = TaskStatus.safeParse(fact.details.to);
  if (!to.success || fact.task_id === null) return;
  const patch = <T extends TaskSummary>(task: T): T => (task.id === fact.task_id ? { ...task, status: to.data } : task);
  queries.setQueriesData<TaskSummary[]>({ queryKey: ["tasks"] }, (tasks) => tasks?.map(patch));
  queries.setQueriesData<Task>({ queryKey: ["task"] }, (task) => (task ? patch(task) : task));
  queries.setQueriesData<{ tasks: Task[] }>({ queryKey: ["demo"] }, (demo) =>
    demo ? { ...demo, tasks: demo.tasks.map(patch) } : demo,
  );
}

/** A feed is kept newest first, by position; the same fact may come over two topics. */
function prependToFeeds(queries: QueryClient, fact: Fact): void {
  const add = (feed: Fact[] | undefined) => {
    if (!feed || feed.some(({ position }) => position === fact.position)) return feed;
    return [fact, ...feed].sort((a, b) => b.position - a.position).slice(0, feedLength);
  };
  queries.setQueryData<Fact[]>(["activity", fact.project_id, "all"], add);
  if (fact.task_id) queries.setQueryData<Fact[]>(["activity", fact.project_id, fact.task_id], add);
}
