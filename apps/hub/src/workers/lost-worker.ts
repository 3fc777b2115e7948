import type { TaskStatus } from "@orchestratia/domain/task-lifecycle";
import type { Tx } from "../db/transaction.ts";
import { PROJECT_GRACE } from "../leases/grace.ts";

/** Where a lost worker's task goes on only if somebody does something. */
const STARTED_STATUSES: readonly TaskStatus[] = ["planning", "running", "needs_human"];
/** The same, as SQL. */
export const STARTED = `('${STARTED_STATUSES.join("', '")}')`;

export const isStarted = ({ status }: { status: TaskStatus }): boolean => STARTED_STATUSES.includes(status);

/** The hub has asked what to do about a lost worker, as SQL over `interventions i`. */
export const ASKED = "i.status = 'pending' and i.cause = 'worker_lost'";

/** What the project's policy goes by, of a task whose worker is lost. */
export interface LostWorker {
  policy: "ask" | "requeue" | "fail";
  max_attempts: number;
  /** The policy's time has come. */
  due: boolean;
  session_id: string;
  session_name: string;
  /** Why its machine ended it, if that is what happened. */
  session_error: string | null;
  server_name: string;
  server_offline: boolean;
}

const READ = {
  name: "lost_worker",
  text: `select coalesce(p.settings ->> 'on_worker_lost', 'ask') as policy,
      coalesce((p.settings ->> 'max_attempts')::int, 3) as max_attempts, coalesce(l.act_at <= now(), false) as due,
      l.session_id, s.name as session_name, s.error as session_error, v.name as server_name, v.status = 'offline' as server_offline
    from engine.leases l join projects p on p.id = l.project_id join sessions s on s.id = l.session_id
      join servers v on v.id = l.server_id
    where l.task_id = $1 and l.closed_at is null and l.lost_since is not null`,
};
const WAIT = {
  name: "wait_for_lost_worker",
  text: `update engine.leases l set act_at = now() + ${PROJECT_GRACE} from projects p
    where l.task_id = $1 and l.closed_at is null and l.lost_since is not null and p.id = l.project_id`,
};

/** Of a task whose row is locked; undefined when its worker is not lost (any more). */
export async function findLostWorker(tx: Tx, taskId: string): Promise<LostWorker | undefined> {
  const [lost] = await tx.query<LostWorker>(READ, [taskId]);
  return lost;
}

/** Another grace, then the policy is applied again. */
export async function waitForLostWorker(tx: Tx, taskId: string): Promise<void> {
  await tx.query(WAIT, [taskId]);
}
