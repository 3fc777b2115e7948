import type { Activity, ActivityType } from "@orchestratia/protocol/activity";
import type { Bus } from "../events/bus.ts";
import { eachAlone } from "../events/each-alone.ts";
import { Reaction } from "../events/reaction.ts";
import type { RunningPart } from "../events/running-part.ts";
import { takeLeasesAsSeen } from "../leases/taken-as-seen.ts";
import type { Engine } from "../tasks/engine.ts";
import { DueTimer } from "../timers/due-timer.ts";
import { type DeadlineClock, Pauses } from "../timers/pauses.ts";
import { applyLostPolicies } from "./lost-policy.ts";
import { markLostWorkers } from "./mark-lost.ts";
import { withdrawMootQuestions } from "./moot-questions.ts";
import { failWithoutServer } from "./no-server-left.ts";
import { type ResumingLinks, resumeLostWorkers } from "./resume-lost.ts";
import { resumedWorkers } from "./resumed-workers.ts";
import { attendToUnstarted } from "./unstarted-tasks.ts";

/** The rows are looked through each 30 s: after a pause of so long the hub or its database was away. */
const AWAY_MS = 100_000;

const NEXT = {
  name: "next_lease_due",
  text: `select (extract(epoch from min(at) - now()) * 1000)::float8 as wait_ms from (
      select min(expires_at) as at from engine.leases where closed_at is null and lost_since is null
      union all
      select min(act_at) from engine.leases where closed_at is null and lost_since is not null
    ) as due`,
};

/** With these somebody went, or a task got to where a lost worker matters. */
const LOSSES: readonly ActivityType[] = [
  "server.offline",
  "session.status_changed",
  "session.closed",
  "session.error",
  "task.plan_approved",
  "task.plan_revised",
  "task.resumed",
];
/** What a worker reports; with a server's key no session's token shows that it lives. */
const REPORTS: readonly ActivityType[] = ["task.plan_submitted", "task.submitted", "task.help_requested"];

/** What watches over workers: who is lost and what becomes of their tasks, and what was assigned and is not begun. */
export function workerParts(engine: Engine, bus: Bus, links: ResumingLinks, clock?: DeadlineClock): RunningPart[] {
  const { sql } = engine.database;
  // The watch over servers takes leases as seen at the hub's start.
  const pauses = new Pauses(sql, { longestMs: AWAY_MS, beforeFirst: false, clock });
  const timer = new DueTimer({
    name: "lost workers",
    log: engine.log,
    async run() {
      // Once the database has answered, what fails is no time in which it was away.
      await pauses.turn(() => takeLeasesAsSeen(sql));
      // Signs of life come before conclusions.
      await engine.leases.settled();
      const resume = () => resumeLostWorkers(engine, links);
      await eachAlone([markLostWorkers, resume, applyLostPolicies, attendToUnstarted, failWithoutServer], (step) =>
        step(engine),
      );
    },
    async next() {
      const [next] = await engine.database.sql.query<{ wait_ms: number | null }>(NEXT);
      return next?.wait_ms ?? undefined;
    },
  });
  const losses = new Reaction({
    name: "lost workers",
    bus,
    log: engine.log,
    on: [...LOSSES, ...REPORTS, "task.worker_lost"],
    async onFacts(facts) {
      for (const fact of facts) hear(engine, fact);
      if (facts.some(({ event_type }) => LOSSES.includes(event_type))) await timer.rederive();
    },
    async rederive() {},
  });
  return [losses, timer, resumedWorkers(engine, bus), withdrawMootQuestions(engine, bus), engine.leases];
}

/** Whether the fact shows that a session lives, or that what was known of it is old. */
function hear({ leases }: Engine, { event_type, session_id, actor, details, at }: Activity): void {
  if (session_id === null) return;
  if (event_type === "task.worker_lost") leases.forget(session_id);
  const isBack = event_type === "session.status_changed" && details.status === "active";
  const reports = REPORTS.includes(event_type) && actor.type === "server";
  if (!isBack && !reports) return;
  leases.forget(session_id);
  leases.sawSession(session_id, at);
}
