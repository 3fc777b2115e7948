import type { Activity, ActivityType } from "@orchestratia/protocol/activity";
import { SYSTEM } from "../access/caller.ts";
import { transaction } from "../db/transaction.ts";
import type { Bus } from "../events/bus.ts";
import { Reaction } from "../events/reaction.ts";
import type { LiveSession, LiveSessions } from "../sessions/live-sessions.ts";
import type { OutputWindow } from "../sessions/output-window.ts";
import type { Engine } from "../tasks/engine.ts";
import { lockTask } from "../tasks/task-row.ts";
import { insertOutput } from "./add-output.ts";
import { cleanTail } from "./clean-tail.ts";

/** The window holds a megabyte; painted screens shrink much when they are cleaned, so more is read than is kept. */
const READ_BYTES = 512 * 1024;
/** How long a daemon may take to show a session's screen. */
const SNAPSHOT_MS = 2_000;
/** How many running tasks' beginnings are remembered. */
const BEGINNINGS_KEPT = 10_000;

const BEGINS: readonly ActivityType[] = ["task.started", "task.planning"];
const SETTLES: readonly ActivityType[] = ["task.completed", "task.failed", "task.cancelled"];

const OF_TASKS = {
  name: "task_tails_of",
  text: `select t.id as task_id, l.session_id from tasks t
      join engine.leases l on l.task_id = t.id and l.epoch = t.epoch
    where t.id = any($1::uuid[]) and t.status in ('done', 'failed', 'cancelled')
      and not exists (select from task_output o where o.task_id = t.id and o.epoch = t.epoch and o.stream = 'tail')`,
};

interface Settled {
  task_id: string;
  session_id: string;
}

const shown = async ({ feed, output }: LiveSession): Promise<Uint8Array | undefined> =>
  ((await feed.freshSnapshot(SNAPSHOT_MS)) ?? output.snapshot)?.text;

const printed = (output: OutputWindow, beginning = output.start): Uint8Array =>
  output.since(Math.max(beginning, output.start, output.end - READ_BYTES)).bytes;

/**
 * When a task settles, the end of what its session showed is kept with it, cleaned: the screen and scrollback as its
 * daemon shows them then. A version 1 daemon shows no scrollback; of its sessions it is what the window holds from where
 * the task began, and what the hub no longer has after a restart is not to be had any more.
 */
export function sessionTails(engine: Engine, bus: Bus, sessions: LiveSessions): Reaction {
  /** By task: the offset in its session's output at which it began. */
  const beginnings = new Map<string, number>();

  const begin = ({ task_id, session_id }: Activity): void => {
    const session = session_id === null ? undefined : sessions.watchable(session_id);
    if (task_id === null || !session) return;
    beginnings.delete(task_id);
    beginnings.set(task_id, session.output.end);
    for (const oldest of beginnings.keys()) {
      if (beginnings.size <= BEGINNINGS_KEPT) break;
      beginnings.delete(oldest);
    }
  };

  const keep = async ({ task_id, session_id }: Settled): Promise<void> => {
    const session = sessions.watchable(session_id);
    if (!session) return;
    const content = cleanTail((await shown(session)) ?? printed(session.output, beginnings.get(task_id)));
    if (content !== "") await insert(task_id, content);
    beginnings.delete(task_id);
  };

  const insert = async (task_id: string, content: string): Promise<void> => {
    await transaction(engine.database.pool, async (tx) => {
      const task = await lockTask(tx, task_id);
      const [settled] = await tx.query(OF_TASKS, [[task_id]]);
      if (settled) await insertOutput(tx, SYSTEM, task, { stream: "tail", content });
    });
    engine.events.wake();
  };

  return new Reaction({
    name: "session tails",
    bus,
    log: engine.log,
    on: [...BEGINS, ...SETTLES],
    async onFacts(facts) {
      for (const fact of facts) if (BEGINS.includes(fact.event_type)) begin(fact);
      const ids = facts.flatMap((fact) =>
        SETTLES.includes(fact.event_type) && fact.task_id !== null ? [fact.task_id] : [],
      );
      if (ids.length === 0) return;
      // At once: one daemon that does not answer must not hold up the others' sessions.
      await Promise.all((await engine.database.sql.query<Settled>(OF_TASKS, [ids])).map(keep));
    },
    async rederive() {
      // Those whose beginning is remembered and whose end was not kept: it failed, or was not heard of.
      const begun = [...beginnings.keys()];
      for (const settled of await engine.database.sql.query<Settled>(OF_TASKS, [begun])) await keep(settled);
    },
  });
}
