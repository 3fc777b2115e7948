import type { Sql } from "../db/transaction.ts";
import { PLANNING_UNBEGUN } from "../workers/planning-unbegun.ts";
import { WORKER_GRACE } from "./grace.ts";
import { LEASE_LENGTH } from "./lease-length.ts";

const EXTEND = {
  name: "take_leases_as_seen",
  text: `update engine.leases l set expires_at = now() + interval '${LEASE_LENGTH}'
    from sessions s, servers v
    where l.closed_at is null and l.lost_since is null and s.id = l.session_id and v.id = l.server_id
      and s.status not in ('closed', 'error', 'lost') and v.status = 'online'`,
};
const FORGIVE = {
  name: "forgive_lost_workers",
  text: `update engine.leases l set act_at = now() + ${WORKER_GRACE}
    from sessions s, projects p
    where l.closed_at is null and l.act_at is not null and s.id = l.session_id and p.id = l.project_id`,
};

/** What was delivered and is not begun: its worker may have tried. */
const WAIT_ANEW = {
  name: "wait_anew_for_begin",
  text: `update tasks t set told_at = now(), reminded_at = case when t.reminded_at is not null then now() end
    where t.deliveries > 0 and (t.status = 'assigned' or ${PLANNING_UNBEGUN})`,
};

/**
 * The hub or its database was away: nobody could give a sign of life, so that time does not count. Open leases are as if
 * seen now, who was lost before has all of the grace again, and what was delivered all of its time to be begun.
 */
export async function takeLeasesAsSeen(sql: Sql): Promise<void> {
  await sql.query(EXTEND);
  await sql.query(FORGIVE);
  await sql.query(WAIT_ANEW);
}
