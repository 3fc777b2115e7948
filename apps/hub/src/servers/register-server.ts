import { Problem } from "@orchestratia/protocol/problems";
import type { Registered, Registration } from "@orchestratia/protocol/servers";
import type { ProjectId, ServerId } from "@orchestratia/protocol/vocabulary";
import type { z } from "zod";
import { actorOf } from "../access/caller.ts";
import { newSecret, secretHash } from "../access/secret-hash.ts";
import { projectLock, type Tx, transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import { maxConcurrent } from "./max-concurrent.ts";
import { registrationTokenHash } from "./registration-token.ts";
import { namePrefix, revokeOtherKeys } from "./server-keys.ts";
import { type Servers, serverCaller } from "./servers.ts";

interface ServerRow {
  id: ServerId;
  name: string;
}

interface Outcome extends ServerRow {
  projectId: ProjectId;
  /** Of the keys that the server had before. */
  replaced: string[];
}

/**
 * Registers a machine and makes its key. A machine that the project knows already (by a machine id that is not empty)
 * keeps its row and gets another key. A token serves once; only the machine that used it may ask again within ten
 * minutes, since the first answer may have been lost. Throws token_invalid, token_used or token_expired.
 */
export async function registerServer(
  servers: Servers,
  registration: z.output<typeof Registration>,
  address: string,
): Promise<z.input<typeof Registered>> {
  const tokenHash = registrationTokenHash(registration.registration_token);
  if (tokenHash === undefined) throw invalidToken();
  const key = newSecret("orc_");
  const server = await transaction(servers.database.pool, async (tx) => {
    const { projectId, serverId } = await claimToken(tx, tokenHash, registration.machine_id);
    await projectLock(tx, projectId);
    const known = await findKnown(tx, projectId, serverId, registration.machine_id);
    const row = known
      ? await update(tx, known.id, registration, address, key)
      : await insert(tx, projectId, registration, address, key);
    await namePrefix(tx, secretHash(key), key);
    const replaced = await revokeOtherKeys(tx, row.id, secretHash(key));
    await tx.query("update registration_tokens set server_id = $2 where token_hash = $1", [tokenHash, row.id]);
    await record(tx, {
      type: "server.registered",
      project_id: projectId,
      server_id: row.id,
      actor: actorOf(serverCaller(row.id, row.name, projectId)),
      details: { name: row.name, again: known !== undefined },
    });
    return { ...row, projectId, replaced } satisfies Outcome;
  });
  servers.events.wake();
  if (server.replaced.length > 0) servers.onKeysEnded(server.id, server.replaced, "the server has another key now");
  servers.onServerChanged(server.id);
  return { id: server.id, api_key: key, name: server.name, project_id: server.projectId };
}

const invalidToken = () => new Problem("token_invalid", "The registration token is not one that this hub made.");

interface Claim {
  projectId: ProjectId;
  /** Set when the same machine used the token a moment ago. */
  serverId: ServerId | null;
}

interface TokenRow {
  project_id: ProjectId;
  server_id: ServerId | null;
  used: boolean;
  revoked: boolean;
  again: boolean;
}

async function claimToken(tx: Tx, tokenHash: string, machineId: string): Promise<Claim> {
  // The guard is in the `where`: of two that use one token at once, the second finds it used.
  const [claimed] = await tx.query<TokenRow>(
    `update registration_tokens set used_at = now(), machine_id = $2
     where token_hash = $1 and used_at is null and revoked_at is null and expires_at > now() returning project_id`,
    [tokenHash, machineId],
  );
  if (claimed) return { projectId: claimed.project_id, serverId: null };
  const [token] = await tx.query<TokenRow>(
    `select project_id, server_id, used_at is not null as used, revoked_at is not null as revoked,
       coalesce(machine_id <> '' and machine_id = $2 and used_at > now() - interval '10 minutes', false) as again
     from registration_tokens where token_hash = $1`,
    [tokenHash, machineId],
  );
  if (!token) throw invalidToken();
  if (token.revoked) throw new Problem("token_invalid", "The registration token was revoked. Make a new one.");
  if (token.again) return { projectId: token.project_id, serverId: token.server_id };
  if (token.used) throw new Problem("token_used", "The registration token was used already. Make a new one.");
  throw new Problem("token_expired", "The registration token has expired. Make a new one.");
}

async function findKnown(tx: Tx, projectId: ProjectId, serverId: ServerId | null, machineId: string) {
  const [row] = await tx.query<{ id: ServerId }>(
    "select id from servers where project_id = $1 and (id = $2 or machine_id = $3 and machine_id <> '')",
    [projectId, serverId, machineId],
  );
  return row;
}

type Report = z.output<typeof Registration>;

/** The values behind `REPORTED`, in its order. */
const reported = (report: Report, address: string, key: string): unknown[] => [
  report.hostname,
  report.os,
  address,
  report.machine_id,
  report.mac_address,
  JSON.stringify(report.repos ?? {}),
  JSON.stringify(report.agents ?? []),
  JSON.stringify(report.capabilities ?? {}),
  JSON.stringify(report.system_info),
  report.max_concurrent ?? null,
  secretHash(key),
];

const REPORTED = `$3::text as hostname, $4::text as os, $5::text as ip, $6::text as machine_id, $7::text as mac_address,
  $8::jsonb as repos, $9::jsonb as agents, $10::jsonb as capabilities, $11::jsonb as system_info,
  $12::int as max_concurrent_reported, $13::text as api_key_hash`;
const COLUMNS = `hostname, os, ip, machine_id, mac_address, repos, agents, capabilities, system_info,
  max_concurrent_reported, api_key_hash`;

/** Gives no row when the name is taken. */
const INSERT = `with report as (select null::int as max_concurrent_override, ${REPORTED})
  insert into servers (project_id, name, ${COLUMNS}, max_concurrent)
  select $1::uuid, $2, ${COLUMNS}, ${maxConcurrent("report")} from report
  on conflict (project_id, name) do nothing returning id, name`;

async function insert(tx: Tx, projectId: ProjectId, report: Report, address: string, key: string): Promise<ServerRow> {
  const values = reported(report, address, key);
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? report.name : `${report.name}-${n}`;
    const [row] = await tx.query<ServerRow>(INSERT, [projectId, name, ...values]);
    if (row) return row;
  }
}

/** The name stays what people know it by; `$2` is not needed and takes the place of the name. */
const UPDATE = `with report as (
    select (select max_concurrent_override from servers where id = $1), $2::text as given_name, ${REPORTED}
  )
  update servers s set (${COLUMNS}, max_concurrent) =
    (select ${COLUMNS}, ${maxConcurrent("report")} from report)
  where s.id = $1::uuid returning id, name`;

async function update(tx: Tx, serverId: ServerId, report: Report, address: string, key: string): Promise<ServerRow> {
  const [row] = await tx.query<ServerRow>(UPDATE, [serverId, report.name, ...reported(report, address, key)]);
  if (!row) throw new Error(`the server ${serverId} vanished under the project's lock`);
  return row;
}
