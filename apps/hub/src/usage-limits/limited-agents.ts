import { SAME_MACHINE } from "../servers/same-machine.ts";

/** A limit whose end nobody knows is taken to last so long after its session is gone, as SQL. */
export const LIMIT_LASTS = "now() + interval '5 minutes'";

/**
 * The agents that have reached their usage limit on the machine of a server, as an SQL array over a servers row: one of
 * their sessions there says so, or said so when it ended, and the time at which the limit ends has not come. A limit is of
 * an account, so it holds for the agent's other sessions there too, whatever registration they belong to.
 */
export const LIMITED_AGENTS = (server: string): string => `array(select distinct w.agent
    from sessions w join servers m on m.id = w.server_id
    where w.limited_since is not null and ${SAME_MACHINE("m", server)} and coalesce(w.limit_ends_at,
      case when w.status = 'lost' then w.missing_since + interval '5 minutes' else 'infinity' end) > now())`;

/** Session `$1` has seen the end of its limit: what its agent's ended sessions there said is over as well. */
export const FORGET_LIMIT = {
  name: "forget_usage_limit",
  text: `update sessions w set limited_since = null, limit_ends_at = null
    from sessions s join servers v on v.id = s.server_id join servers m on ${SAME_MACHINE("m", "v")}
    where s.id = $1 and w.server_id = m.id and w.agent = s.agent and w.limited_since is not null
      and w.status in ('closed', 'error')`,
};

/** Every registration of the machines on which the servers `$1` are. */
export const ON_THESE_MACHINES = {
  name: "servers_on_these_machines",
  text: `select distinct m.id from servers v join servers m on ${SAME_MACHINE("m", "v")} where v.id = any($1::uuid[])`,
};
