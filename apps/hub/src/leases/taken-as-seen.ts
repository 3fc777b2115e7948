import type { Sql } from "../db/transaction.ts";
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

/**
 * The hub or its database was away: nobody could give a sign of life, so that time does not count. Open leases are as if
 * seen now, and who was lost before has all of the grace again.
 */
export async function takeLeasesAsSeen(sql: Sql): Promise<void> {
  await sql.query(EXTEND);
  await sql.query(FORGIVE);
}
