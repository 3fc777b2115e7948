import type { Activity } from "@orchestratia/protocol/activity";
import { actorOf, SYSTEM } from "../access/caller.ts";
import type { Bus } from "../events/bus.ts";
import { eachAlone } from "../events/each-alone.ts";
import { Reaction } from "../events/reaction.ts";
import { withdrawHubQuestions } from "../interventions/hub-question.ts";
import type { Engine } from "../tasks/engine.ts";
import { onTask } from "../tasks/move.ts";
import { STARTED } from "./lost-worker.ts";
import { PLANNING_UNBEGUN } from "./planning-unbegun.ts";

/** By cause: what still holds while the question is one, as SQL over `tasks t` and its `servers v`. */
const HOLDS: Readonly<Record<string, string>> = {
  worker_lost: `t.status in ${STARTED} and exists (
    select from engine.leases l where l.task_id = t.id and l.closed_at is null and l.lost_since is not null)`,
  server_lost: "t.status = 'assigned' and v.status = 'offline'",
  not_started: `(t.status = 'assigned' or ${PLANNING_UNBEGUN}) 
    and t.deliveries > 0 and t.reminded_at is not null`,
  start_failed: "t.status = 'assigned' and t.start_failures > 0 and t.assigned_session_id is null",
  requeue_manual: "t.status = 'pending' and not t.auto_assign",
};
const CAUSES = Object.keys(HOLDS);

/** `$1` limits it to one task. */
const MOOT = {
  name: "moot_worker_questions",
  text: `select i.task_id, i.cause from interventions i join tasks t on t.id = i.task_id
      left join servers v on v.id = t.assigned_server_id
    where i.status = 'pending' and i.raised_by = 'hub' and ($1::uuid is null or i.task_id = $1) and i.cause = any($2)
      and not case i.cause ${CAUSES.map((cause) => `when '${cause}' then ${HOLDS[cause]}`).join(" ")} end`,
};
const OPEN = {
  name: "open_worker_questions",
  text: `select task_id from interventions where status = 'pending' and raised_by = 'hub' and cause = any($1)`,
};

/** Takes back what the hub asked about workers and servers once its cause is gone. */
export function withdrawMootQuestions(engine: Engine, bus: Bus): Reaction {
  /** What was asked about and is not known to be settled: most facts are about other tasks. */
  const asked = new Set<string>();
  const isOfInterest = (fact: Activity) =>
    fact.event_type === "server.online" || (fact.task_id !== null && asked.has(fact.task_id));

  async function withdraw(taskId: string | null): Promise<void> {
    const { sql } = engine.database;
    const moot = await sql.query<{ task_id: string }>(MOOT, [taskId, CAUSES]);
    await eachAlone(new Set(moot.map(({ task_id }) => task_id)), (id) =>
      onTask(engine, id, async (tx, task) => {
        const causes = await tx.query<{ cause: string }>(MOOT, [id, CAUSES]);
        await withdrawHubQuestions(
          tx,
          task,
          causes.map(({ cause }) => cause),
          actorOf(SYSTEM),
        );
      }),
    );
    if (moot.length > 0) engine.events.wake();
  }

  return new Reaction({
    name: "questions about lost workers",
    bus,
    log: engine.log,
    on: [
      "intervention.raised",
      "server.online",
      "task.assigned",
      "task.unassigned",
      "task.updated",
      "task.started",
      "task.planning",
      "task.plan_submitted",
      "task.submitted",
      "task.completed",
      "task.failed",
      "task.cancelled",
      "task.requeued",
    ],
    async onFacts(facts) {
      for (const { event_type, task_id } of facts) {
        if (event_type === "intervention.raised" && task_id) asked.add(task_id);
      }
      const about = new Set(facts.filter(isOfInterest).map(({ task_id }) => task_id));
      await eachAlone(about, withdraw);
    },
    async rederive() {
      await withdraw(null);
      asked.clear();
      for (const { task_id } of await engine.database.sql.query<{ task_id: string }>(OPEN, [CAUSES]))
        asked.add(task_id);
    },
  });
}
