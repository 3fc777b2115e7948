import type { Member, MemberChange, NewMember } from "@orchestratia/protocol/members";
import { Problem } from "@orchestratia/protocol/problems";
import type { ProjectId, ProjectRole, UserId } from "@orchestratia/protocol/vocabulary";
import type { z } from "zod";
import { actorOf, type Caller } from "../access/caller.ts";
import type { Database } from "../db/database.ts";
import { projectLock, type Sql, type Tx, transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";

export interface Members {
  database: Database;
  events: { wake(): void };
  /** Somebody's role has changed: what they have open is asked for again. */
  onRoleChanged: (userId: string) => void;
}

interface MemberRow {
  user_id: UserId;
  name: string;
  email: string;
  role: ProjectRole;
  created_at: Date;
}

const SELECT = `select m.user_id, u.name, u.email, m.role, m.created_at
  from project_members m join admin_users u on u.id = m.user_id`;
const MOST = 1_000;

export async function listMembers(sql: Sql, projectId: ProjectId): Promise<Member[]> {
  const rows = await sql.query<MemberRow>(
    `${SELECT} where m.project_id = $1
     order by array_position(array['owner', 'member', 'viewer'], m.role), lower(u.name), u.id limit ${MOST}`,
    [projectId],
  );
  return rows.map(toMember);
}

/** Throws user_not_found for whoever has no account or a deactivated one, member_exists, or forbidden. */
export function addMember(
  members: Members,
  caller: Caller,
  projectId: ProjectId,
  { user_id, email, role }: z.output<typeof NewMember>,
): Promise<Member> {
  return inProject(members, caller, projectId, async (tx) => {
    const [user] = await tx.query<{ id: UserId; name: string }>(
      "select id, name from admin_users where (id = $1 or email = $2) and deactivated_at is null for share",
      [user_id ?? null, email ?? null],
    );
    if (!user) throw new Problem("user_not_found", `Nobody here has the account ${email ?? user_id}. Invite them.`);
    const added = await tx.query(
      `insert into project_members (project_id, user_id, role) values ($1, $2, $3)
       on conflict (project_id, user_id) do nothing returning user_id`,
      [projectId, user.id, role],
    );
    if (added.length === 0) throw new Problem("member_exists", `${user.name} is in the project already.`);
    await record(tx, {
      type: "project.member_added",
      project_id: projectId,
      actor: actorOf(caller),
      details: { user_id: user.id, name: user.name, role },
    });
    return memberIn(tx, projectId, user.id);
  });
}

/** Throws member_not_found, last_owner or forbidden. A role that the member has already changes nothing. */
export function changeMember(
  members: Members,
  caller: Caller,
  { projectId, userId }: { projectId: ProjectId; userId: string },
  { role }: z.output<typeof MemberChange>,
): Promise<Member> {
  return inProject(members, caller, projectId, async (tx) => {
    const member = await memberIn(tx, projectId, userId);
    if (member.role === role) return member;
    await mustKeepAnOwner(tx, caller, projectId, member);
    await tx.query("update project_members set role = $3 where project_id = $1 and user_id = $2", [
      projectId,
      userId,
      role,
    ]);
    await record(tx, {
      type: "project.member_changed",
      project_id: projectId,
      actor: actorOf(caller),
      details: { user_id: member.user_id, name: member.name, role, from: member.role },
    });
    return { ...member, role };
  });
}

/** Takes somebody out, or oneself. Throws member_not_found, last_owner or forbidden. */
export function removeMember(members: Members, caller: Caller, projectId: ProjectId, userId: string): Promise<Member> {
  const leaves = caller.kind === "user" && caller.id === userId;
  const work = async (tx: Tx) => {
    const member = await memberIn(tx, projectId, userId);
    await mustKeepAnOwner(tx, caller, projectId, member);
    await tx.query("delete from project_members where project_id = $1 and user_id = $2", [projectId, userId]);
    await record(tx, {
      type: "project.member_removed",
      project_id: projectId,
      actor: actorOf(caller),
      details: { user_id: member.user_id, name: member.name, role: member.role },
    });
    return member;
  };
  return inProject(members, leaves ? undefined : caller, projectId, work);
}

/** Who has which role changes one after the other. Throws forbidden when `owner`, if given, does not own it (any more). */
async function inProject(
  { database, events, onRoleChanged }: Members,
  owner: Caller | undefined,
  projectId: ProjectId,
  work: (tx: Tx) => Promise<Member>,
): Promise<Member> {
  const member = await transaction(database.pool, async (tx) => {
    await projectLock(tx, projectId);
    if (owner) await mustOwn(tx, owner, projectId);
    return work(tx);
  });
  onRoleChanged(member.user_id);
  events.wake();
  return member;
}

/** The door has asked before: meanwhile the caller may have lost the role. */
async function mustOwn(tx: Tx, caller: Caller, projectId: ProjectId): Promise<void> {
  if (isAdmin(caller)) return;
  const owners = await tx.query(
    "select from project_members where project_id = $1 and user_id = $2 and role = 'owner'",
    [projectId, caller.kind === "user" ? caller.id : null],
  );
  if (owners.length === 0) throw new Problem("forbidden", "You do not own the project any more.", { needs: "owner" });
}

/** A project keeps an owner who can sign in, unless an admin takes the last one away. */
async function mustKeepAnOwner(tx: Tx, caller: Caller, projectId: ProjectId, member: Member): Promise<void> {
  if (member.role !== "owner" || isAdmin(caller)) return;
  const others = await tx.query(
    `select from project_members m join admin_users u on u.id = m.user_id
     where m.project_id = $1 and m.role = 'owner' and m.user_id <> $2 and u.deactivated_at is null`,
    [projectId, member.user_id],
  );
  if (others.length > 0) return;
  throw new Problem(
    "last_owner",
    `${member.name} is the project's only owner. Make somebody else an owner first, or ask an admin of the hub.`,
  );
}

const isAdmin = (caller: Caller): boolean =>
  caller.kind === "system" || (caller.kind === "user" && caller.role === "admin");

async function memberIn(tx: Tx, projectId: ProjectId, userId: string): Promise<Member> {
  const [row] = await tx.query<MemberRow>(`${SELECT} where m.project_id = $1 and m.user_id = $2`, [projectId, userId]);
  if (!row) throw new Problem("member_not_found", "Nobody with this id is in the project.");
  return toMember(row);
}

const toMember = ({ created_at, ...row }: MemberRow): Member => ({ ...row, since: created_at.toISOString() });
