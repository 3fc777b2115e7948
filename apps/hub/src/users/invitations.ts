import type { Invitation, MadeInvitation, OpenInvitation } from "@orchestratia/protocol/invitations";
import { Problem } from "@orchestratia/protocol/problems";
import type { GlobalRole, ProjectId, ProjectRole, UserId } from "@orchestratia/protocol/vocabulary";
import { z } from "zod";
import { actorOf, type Caller } from "../access/caller.ts";
import { newSecret, secretHash } from "../access/secret-hash.ts";
import type { Database } from "../db/database.ts";
import { encodeCursor, readCursor } from "../db/keyset-cursor.ts";
import { type Sql, transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";

export interface Invitations {
  database: Database;
  events: { wake(): void };
  publicUrl: () => string;
}

interface Row {
  id: string;
  email: string | null;
  role: z.infer<typeof GlobalRole>;
  project: { id: ProjectId; key: string; name: string } | null;
  project_role: z.infer<typeof ProjectRole> | null;
  invited_by: { id: UserId | null; name: string };
  accepted_by: { id: UserId; name: string } | null;
  created_at: Date;
  expires_at: Date;
  accepted_at: Date | null;
  revoked_at: Date | null;
  good: boolean;
}

/** Whether `hub.invitations i` can be accepted: only as long as whoever made it could still make it. */
export const GOOD_INVITATION = `(i.accepted_at is null and i.revoked_at is null and i.expires_at > now()
  and (i.invited_by is null or exists (
    select from admin_users inviter where inviter.id = i.invited_by and inviter.deactivated_at is null
      and (inviter.role = 'admin' or i.role = 'viewer' and exists (
        select from project_members m where m.project_id = i.project_id and m.user_id = inviter.id and m.role = 'owner')))))`;

const SELECT = `select i.id, i.email, i.role, i.project_role, i.created_at, i.expires_at, i.accepted_at,
    i.revoked_at, ${GOOD_INVITATION} as good,
    case when p.id is not null then jsonb_build_object('id', p.id, 'key', p.key, 'name', p.name) end as project,
    jsonb_build_object('id', i.invited_by, 'name', coalesce(by.name, 'hub')) as invited_by,
    case when guest.id is not null then jsonb_build_object('id', guest.id, 'name', guest.name) end as accepted_by
  from hub.invitations i left join projects p on p.id = i.project_id
    left join admin_users by on by.id = i.invited_by left join admin_users guest on guest.id = i.accepted_by`;
const LIFETIME = "7 days";
const PAGE = 100;

export interface InvitationOffer {
  email: string | undefined;
  role: z.infer<typeof GlobalRole>;
  project: { id: ProjectId; role: z.infer<typeof ProjectRole> } | undefined;
}

/** Makes a link; only its token's hash is kept. */
export async function createInvitation(
  { database, events, publicUrl }: Invitations,
  caller: Caller,
  { email, role, project }: InvitationOffer,
): Promise<z.input<typeof MadeInvitation>> {
  const token = newSecret("");
  const invitation = await transaction(database.pool, async (tx) => {
    const [made] = await tx.query<{ id: string }>(
      `insert into hub.invitations (token_hash, email, role, project_id, project_role, invited_by, expires_at)
       values ($1, $2, $3, $4, $5, $6, now() + interval '${LIFETIME}') returning id`,
      [
        secretHash(token),
        email ?? null,
        role,
        project?.id ?? null,
        project?.role ?? null,
        caller.kind === "user" ? caller.id : null,
      ],
    );
    if (!made) throw new Error("an insert without a condition has one row");
    await record(tx, {
      type: "invitation.created",
      project_id: project?.id ?? null,
      actor: actorOf(caller),
      details: { invitation_id: made.id, email: email ?? null, role, project_role: project?.role ?? null },
    });
    return getInvitation(tx, made.id);
  });
  events.wake();
  return { ...invitation, token, link: `${publicUrl()}/invite?token=${token}` };
}

const Cursor = z.tuple([z.iso.datetime(), z.uuid()]);

/** Newest first; of one project, or all. */
export async function listInvitations(
  sql: Sql,
  projectId: ProjectId | null,
  { limit = PAGE, after }: { limit?: number | undefined; after?: string | undefined },
): Promise<{ invitations: Invitation[]; next: string | null }> {
  const [createdAt, id] = after === undefined ? [null, null] : readCursor(after, Cursor);
  const rows = await sql.query<Row>(
    `${SELECT}
     where ($1::uuid is null or i.project_id = $1) and ($2::timestamptz is null or (i.created_at, i.id) < ($2, $3::uuid))
     order by i.created_at desc, i.id desc limit $4`,
    [projectId, createdAt, id, limit + 1],
  );
  const invitations = rows.slice(0, limit).map(toInvitation);
  const last = rows.length > limit ? invitations.at(-1) : undefined;
  return { invitations, next: last ? encodeCursor([last.created_at, last.id]) : null };
}

/** Throws invitation_not_found; one that was accepted or revoked before stays as it is. `projectId` null: of any. */
export async function revokeInvitation(
  { database, events }: Invitations,
  caller: Caller,
  projectId: ProjectId | null,
  id: string,
): Promise<Invitation> {
  const invitation = await transaction(database.pool, async (tx) => {
    const [revoked] = await tx.query<{ project_id: ProjectId | null }>(
      `update hub.invitations set revoked_at = now()
       where id = $1 and ($2::uuid is null or project_id = $2) and revoked_at is null and accepted_at is null
       returning project_id`,
      [id, projectId],
    );
    if (revoked) {
      await record(tx, {
        type: "invitation.revoked",
        project_id: revoked.project_id,
        actor: actorOf(caller),
        details: { invitation_id: id },
      });
    }
    const found = await getInvitation(tx, id);
    if (projectId !== null && found.project?.id !== projectId) throw new Problem("invitation_not_found");
    return found;
  });
  events.wake();
  return invitation;
}

async function getInvitation(sql: Sql, id: string): Promise<Invitation> {
  const [row] = await sql.query<Row>(`${SELECT} where i.id = $1`, [id]);
  if (!row) throw new Problem("invitation_not_found");
  return toInvitation(row);
}

const toInvitation = (row: Row): Invitation => ({
  ...row,
  created_at: row.created_at.toISOString(),
  expires_at: row.expires_at.toISOString(),
  accepted_at: row.accepted_at?.toISOString() ?? null,
  revoked_at: row.revoked_at?.toISOString() ?? null,
});

/** The invitation that a link's token opens; undefined when it cannot be accepted (any more). */
export async function findOpenInvitation(sql: Sql, token: string): Promise<Invitation | undefined> {
  const [row] = await sql.query<Row>(`${SELECT} where i.token_hash = $1 and ${GOOD_INVITATION}`, [secretHash(token)]);
  return row && toInvitation(row);
}

/** What its guest is shown. Throws token_invalid. */
export async function viewInvitation(sql: Sql, token: string): Promise<z.input<typeof OpenInvitation>> {
  const open = await findOpenInvitation(sql, token);
  if (!open) throw noSuchLink();
  return { ...open, invited_by: open.invited_by.name };
}

export const noSuchLink = () =>
  new Problem("token_invalid", "The link is not valid: it was used, withdrawn or is too old. Ask for another one.");
