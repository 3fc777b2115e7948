import { BackgroundWork } from "../events/background-work.ts";
import { allAlone } from "../events/each-alone.ts";
import type { RunningPart } from "../events/running-part.ts";
import type { ServerConnections } from "../server-link/connections.ts";
import type { Engine } from "../tasks/engine.ts";
import { type Handed, keepDiffLater } from "./keep-diff.ts";

/** What was handed in so long ago may be something else by now. */
export const MISSING = {
  name: "missing_task_diffs",
  text: `select t.id, t.project_id, t.epoch, t.key, place.server_id
    from engine.task_diffs d join tasks t on t.id = d.task_id and t.epoch = d.epoch
      cross join lateral (select coalesce(t.assigned_server_id,
        (select server_id from engine.leases where task_id = t.id order by epoch desc limit 1)) as server_id) as place
    where d.taken_at > now() - interval '1 day' and d.diff = 'null'::jsonb and t.status in ('review', 'done')
      and place.server_id = any($1::uuid[])
    order by d.taken_at limit 100`,
};

type Missing = Handed & { server_id: string };
type Connections = Pick<ServerConnections, "connected" | "onChange">;

/**
 * Asks for the diffs of completions that went through while their daemons were away, as soon as those are back. One that
 * does not answer is asked for nothing else until the next time, and then last for what it was silent about.
 */
export function missingDiffs(engine: () => Engine, connections: Connections): RunningPart {
  let unanswered = new Set<string>();
  const ofServer = async (missing: readonly Missing[], isStopped: () => boolean): Promise<void> => {
    const isLate = ({ id }: Missing) => unanswered.has(id);
    for (const task of [...missing.filter((one) => !isLate(one)), ...missing.filter(isLate)]) {
      if (isStopped()) return;
      if (await keepDiffLater(engine(), task, task.server_id)) continue;
      unanswered.add(task.id);
      return;
    }
  };
  const work = new BackgroundWork({
    log: engine().log,
    failure: "the diffs of completed tasks could not be asked for; it is tried again within 30 s",
    async run(isStopped) {
      const connected = connections.connected();
      if (connected.length === 0) return;
      const missing = await engine().database.sql.query<Missing>(MISSING, [connected]);
      unanswered = new Set(missing.map(({ id }) => id).filter((id) => unanswered.has(id)));
      const servers = new Set(missing.map(({ server_id }) => server_id));
      const of = (id: string) => missing.filter(({ server_id }) => server_id === id);
      await allAlone([...servers].map((id) => ofServer(of(id), isStopped)));
    },
  });
  const stop = connections.onChange((_serverId, connected) => {
    if (connected) work.wake();
  });
  return {
    rederive: () => work.rederive(),
    settled: () => work.settled(),
    async [Symbol.asyncDispose]() {
      stop();
      await work[Symbol.asyncDispose]();
    },
  };
}
