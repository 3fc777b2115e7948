import { Problem } from "@orchestratia/protocol/problems";
import type { ServerChanges } from "@orchestratia/protocol/servers";
import type { ProjectId, ServerId } from "@orchestratia/protocol/vocabulary";
import { actorOf, type Caller } from "../access/caller.ts";
import { type Tx, transaction } from "../db/transaction.ts";
import { type Fact, record } from "../events/activity.ts";
import { maxConcurrent } from "./max-concurrent.ts";
import type { Servers } from "./servers.ts";

interface Row {
  id: ServerId;
  name: string;
  draining: boolean;
}

const LOCK = `select id, name, draining from servers
  where project_id = $1 and (id::text = lower($2) or name = $2) order by name = $2 limit 1 for update`;

const UPDATE = `with changed as (
    select s.id, s.agents, s.system_info, s.max_concurrent_reported,
      case when $3 then $4::int else s.max_concurrent_override end as max_concurrent_override
    from servers s where s.id = $1
  )
  update servers s set name = coalesce($2, s.name), draining = coalesce($7, s.draining),
    max_concurrent_override = changed.max_concurrent_override, max_concurrent = ${maxConcurrent("changed")},
    capabilities_override = case when $5 then $6::jsonb else s.capabilities_override end
  from changed where s.id = changed.id`;

const NAME_TAKEN = "select from servers where project_id = $1 and name = $2 and id <> $3";
const UNIQUE_VIOLATION = "23505";

/**
 * A person drains a server or says of it what its daemon does not. What the hub says is kept apart from the report, so
 * that the next heartbeat leaves it alone. Answers its id. Throws server_not_found, server_name_taken.
 */
export async function updateServer(
  servers: Servers,
  caller: Caller,
  projectId: ProjectId,
  ref: string,
  changes: ServerChanges,
): Promise<ServerId> {
  const id = await transaction(servers.database.pool, async (tx) => {
    const [before] = await tx.query<Row>(LOCK, [projectId, ref]);
    if (!before) throw new Problem("server_not_found", `No server of the project is called ${ref}.`);
    await write(tx, projectId, before.id, changes);
    const fact = { project_id: projectId, server_id: before.id, actor: actorOf(caller) };
    await record(tx, ...factsOf(before, changes).map((part) => ({ ...fact, ...part }) as Fact));
    return before.id;
  });
  servers.events.wake();
  servers.onServerChanged(id);
  return id;
}

async function write(tx: Tx, projectId: ProjectId, id: ServerId, changes: ServerChanges): Promise<void> {
  const { name, draining, max_concurrent_override: most, capabilities_override: override } = changes;
  if (name !== undefined && (await tx.query(NAME_TAKEN, [projectId, name, id])).length > 0) throw nameTaken(name);
  try {
    await tx.query(UPDATE, [
      id,
      name ?? null,
      most !== undefined,
      most ?? null,
      override !== undefined,
      override ? JSON.stringify(override) : null,
      draining ?? null,
    ]);
  } catch (error) {
    // Another one got the name in between.
    if ((error as { code?: string }).code === UNIQUE_VIOLATION) throw nameTaken(name ?? "");
    throw error;
  }
}

const nameTaken = (name: string) =>
  new Problem("server_name_taken", `Another server of the project is called ${name} already.`);

/** A drain that begins or ends is a fact of its own. */
function factsOf(before: Row, { draining, ...others }: ServerChanges): Pick<Fact, "type" | "details">[] {
  const name = others.name ?? before.name;
  const facts: Pick<Fact, "type" | "details">[] = [];
  const fields = Object.keys(others);
  if (fields.length > 0) facts.push({ type: "server.updated", details: { name, fields } });
  if (draining !== undefined && draining !== before.draining) {
    facts.push({ type: draining ? "server.draining" : "server.drain_ended", details: { name } });
  }
  return facts;
}
