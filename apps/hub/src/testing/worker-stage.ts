import { Completion } from "@orchestratia/protocol/tasks";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import { type Caller, SYSTEM } from "../access/caller.ts";
import { respondIntervention } from "../interventions/respond-intervention.ts";
import { assignTask } from "../tasks/assign-task.ts";
import { startTask } from "../tasks/start-task.ts";
import type { TestEngine, TestServerRow } from "./test-engine.ts";

export const finished = Completion.parse({ result: { summary: "done" } });
export const ADA = {
  kind: "user",
  id: "00000000-0000-4000-8000-00000000000a",
  name: "Ada",
  email: "ada@example.org",
  role: "admin",
} as Caller;

type Worker = Extract<Caller, { kind: "session" }>;

export interface Stage {
  hub: TestEngine;
  project: ProjectId;
  server: TestServerRow;
  worker: Worker;
  task: string;
}

/** A session that has begun a task. */
export async function stage(
  hub: TestEngine,
  settings: Record<string, unknown> = {},
  task: Record<string, unknown> = {},
): Promise<Stage> {
  const project = await hub.addProject({ auto_start_sessions: false, ...settings });
  const server = await hub.addServer(project, { agents: ["claude"] });
  const worker = await hub.addSession(project, server, "claude");
  const id = await hub.addTask(project, { auto_assign: false, ...task });
  await assignTask(hub.engine, SYSTEM, id, { session_id: worker.id });
  await hub.settled();
  await startTask(hub.engine, worker, id);
  await hub.sessionReports(worker.id, "working");
  await hub.settled();
  return { hub, project, server, worker, task: id };
}

export const lease = async ({ hub, task }: Stage) => {
  const [row] = await hub.sql.query<{
    lost_since: Date | null;
    act_at: Date | null;
    closed_at: Date | null;
    close_reason: string | null;
    acts_in: number | null;
    lasts: number;
  }>(
    `select *, extract(epoch from act_at - now())::float8 as acts_in, extract(epoch from expires_at - now())::float8 as lasts
     from engine.leases where task_id = $1 order by epoch desc limit 1`,
    [task],
  );
  if (!row) throw new Error("the task has no lease");
  return row;
};

/** As if the hub's own clock had gone on: what was to be done in so many seconds is due. */
export async function pass({ hub, task }: Stage, seconds: number): Promise<void> {
  await hub.sql.query(
    `update engine.leases set act_at = act_at - make_interval(secs => $2),
       expires_at = expires_at - make_interval(secs => $2), lost_since = lost_since - make_interval(secs => $2)
     where task_id = $1 and closed_at is null`,
    [task, seconds],
  );
  await hub.engine.rederive();
  await hub.settled();
}

export const questions = async ({ hub, task }: Stage) =>
  hub.sql.query<{ id: string; cause: string; status: string; options: string[]; question: string }>(
    "select id, cause, status, options, question from interventions where task_id = $1 and raised_by = 'hub' order by created_at",
    [task],
  );
export const openQuestions = async (on: Stage) => (await questions(on)).filter(({ status }) => status === "pending");

export async function answer(on: Stage, choice: string): Promise<void> {
  const [question] = await openQuestions(on);
  await respondIntervention(on.hub.engine, ADA, question?.id ?? "", choice);
  await on.hub.settled();
}

export const facts = async ({ hub, task }: Stage, ...types: string[]) =>
  (
    await hub.sql.query<{ event_type: string }>(
      "select event_type from activity_log where task_id = $1 and event_type = any($2) order by seq",
      [task, types],
    )
  ).map(({ event_type }) => event_type);
