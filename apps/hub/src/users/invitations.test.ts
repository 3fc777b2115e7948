import { randomUUID } from "node:crypto";
import type { HubClient } from "@orchestratia/client/http";
import * as operations from "@orchestratia/protocol/operations/invitations";
import { changeMember, listMembers } from "@orchestratia/protocol/operations/members";
import { listProjects, me, viewProject } from "@orchestratia/protocol/operations/people";
import { afterAll, beforeAll, expect, test } from "vitest";
import { raceAt } from "../testing/race-at.ts";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { refusal, refusalCode } from "../testing/test-team.ts";

const PASSWORD = "correct horse battery";

let hub: TestHub;
let admin: HubClient;
beforeAll(async () => {
  hub = await startTestHub();
  admin = await hub.admin();
});
afterAll(() => hub[Symbol.asyncDispose]());

const address = () => `${randomUUID()}@example.org`;

const accept = (token: string, email?: string) =>
  hub.client().call(operations.acceptInvitation, {
    body: { token, name: "Bea", password: PASSWORD, ...(email === undefined ? {} : { email }) },
  });

/** Somebody with an account, and what they are called by. */
async function guest(project?: { key: string; role: "owner" | "member" | "viewer" }) {
  const body = project && { project: project.key, project_role: project.role };
  const { token } = await admin.call(operations.createInvitation, { body: body ?? {} });
  const signedIn = await accept(token, address());
  return { ...signedIn.user, client: hub.client({ authorization: `Bearer ${signedIn.token}` }) };
}

test("an invitation's link makes an account with the offered roles, and signs it in", async () => {
  const project = await hub.project();
  const email = address();
  const made = await admin.call(operations.createInvitation, {
    body: { email, project: project.key, project_role: "owner" },
  });
  expect(made.link).toBe(`${hub.url}/invite?token=${made.token}`);
  const days = (new Date(made.expires_at).getTime() - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(6.9);
  expect(days).toBeLessThanOrEqual(7);
  const { id, key, name } = project;
  const offer = { email, role: "viewer", project: { id, key, name }, project_role: "owner" };
  expect(await hub.client().call(operations.viewInvitation, { body: { token: made.token } })).toEqual({
    ...offer,
    invited_by: "Ada",
    expires_at: made.expires_at,
  });

  const response = await hub.fetch(operations.acceptInvitation.path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token: made.token, name: "Bea", password: PASSWORD }),
  });
  expect(response.status).toBe(201);
  expect(response.headers.get("set-cookie")).toMatch(/^orc_.*HttpOnly/);
  const { token, user } = (await response.json()) as { token: string; user: { id: string } };
  expect(user).toMatchObject({ email, name: "Bea", role: "viewer" });
  const bea = hub.client({ authorization: `Bearer ${token}` });
  expect((await bea.call(viewProject, { params: { project: key } })).role).toBe("owner");

  const { invitations } = await admin.call(operations.listInvitations);
  expect(invitations[0]).toMatchObject({
    ...offer,
    id: made.id,
    accepted_by: { id: user.id, name: "Bea" },
    accepted_at: expect.any(String),
    good: false,
  });
  expect(JSON.stringify(invitations)).not.toContain(made.token);
  const facts = await hub.database.sql.query<{ event_type: string; project_id: string | null }>(
    "select event_type, project_id from activity_log where actor->>'id' = $1 order by seq",
    [user.id],
  );
  expect(facts.map((fact) => [fact.event_type, fact.project_id])).toEqual([
    ["user.created", null],
    ["invitation.accepted", id],
    ["project.member_added", id],
    ["user.signed_in", null],
  ]);
});

test("without a named address the guest says theirs; with one no other is let in", async () => {
  const open = await admin.call(operations.createInvitation, { body: { role: "admin" } });
  expect(await refusalCode(accept(open.token))).toBe("invalid_request");
  const email = address();
  expect((await accept(open.token, email)).user).toMatchObject({ email, role: "admin" });

  const named = await admin.call(operations.createInvitation, { body: { email: address().toUpperCase() } });
  expect(await refusalCode(accept(named.token, address()))).toBe("forbidden");
  expect((await accept(named.token, String(named.email).toUpperCase())).user.email).toBe(named.email);
});

test("an address that has an account is told to sign in, and the link stays good", async () => {
  const { email } = await guest();
  const { token } = await admin.call(operations.createInvitation, { body: {} });
  expect(await refusalCode(accept(token, email))).toBe("email_taken");
  expect((await accept(token, address())).user.role).toBe("viewer");
});

test("a link that was never made, was used, withdrawn or is too old is refused with the same words", async () => {
  await using own = await startTestHub();
  const ownAdmin = await own.admin();
  const make = () => ownAdmin.call(operations.createInvitation, { body: {} });
  const [used, revoked, old, good] = [await make(), await make(), await make(), await make()];
  const take = (token: string) =>
    own.client().call(operations.acceptInvitation, {
      body: { token, name: "Bea", email: address(), password: PASSWORD },
    });
  await take(used.token);
  await ownAdmin.call(operations.revokeInvitation, { params: { invitation: revoked.id } });
  await own.database.sql.query("update hub.invitations set expires_at = now() where id = $1", [old.id]);
  const said: unknown[] = [];
  const wrong = ["never made", used.token, revoked.token, old.token];
  for (const token of [...wrong, ...wrong, ...wrong, ...wrong]) {
    const view = await refusal(own.client().call(operations.viewInvitation, { body: { token } }));
    said.push([view?.code, view?.message]);
  }
  expect(new Set(said.map((each) => JSON.stringify(each))).size).toBe(1);
  expect(said[0]).toMatchObject(["token_invalid", expect.any(String)]);
  for (const token of wrong) expect(await refusalCode(take(token))).toBe("token_invalid");
  // Twenty wrong ones were free; whoever goes on must wait, with a good one too.
  expect(await refusalCode(take(good.token))).toBe("too_many_requests");
});

test("of two guests with one link, one is let in", async () => {
  const { token, id } = await admin.call(operations.createInvitation, { body: {} });
  const outcomes = await raceAt(
    hub.database,
    `select from hub.invitations where id = '${id}' for update`,
    [address(), address()].map((email) => () => refusalCode(accept(token, email))),
  );
  expect(outcomes.map((outcome) => outcome.status === "fulfilled" && outcome.value).toSorted()).toEqual([
    "token_invalid",
    undefined,
  ]);
  const accounts = await hub.database.sql.query(
    "select from admin_users u join hub.invitations i on i.accepted_by = u.id where i.id = $1",
    [id],
  );
  expect(accounts).toHaveLength(1);
});

test("an owner invites to their project alone, and sees and withdraws only its invitations", async () => {
  const [project, other] = [await hub.project(), await hub.project()];
  const owner = await guest({ key: project.key, role: "owner" });
  const foreign = await admin.call(operations.createProjectInvitation, { params: { project: other.key }, body: {} });
  const params = { project: project.key };
  const made = await owner.client.call(operations.createProjectInvitation, { params, body: { role: "viewer" } });
  expect(made).toMatchObject({ role: "viewer", project_role: "viewer", invited_by: { id: owner.id } });

  const { invitations } = await owner.client.call(operations.listProjectInvitations, { params });
  expect(invitations.map(({ id }) => id)).toContain(made.id);
  expect(invitations.map(({ id }) => id)).not.toContain(foreign.id);
  const revoke = (invitation: string) =>
    owner.client.call(operations.revokeProjectInvitation, { params: { ...params, invitation } });
  expect(await refusalCode(revoke(foreign.id))).toBe("invitation_not_found");
  expect(await revoke(made.id)).toMatchObject({ good: false, revoked_at: expect.any(String) });
  expect(await refusalCode(accept(made.token, address()))).toBe("token_invalid");
  expect((await accept(foreign.token, address())).user.role).toBe("viewer");
});

test("an invitation ends with its maker's right to invite", async () => {
  const project = await hub.project();
  const owner = await guest({ key: project.key, role: "owner" });
  const params = { project: project.key };
  const made = await owner.client.call(operations.createProjectInvitation, { params, body: { role: "owner" } });
  await admin.call(changeMember, { params: { ...params, user: owner.id }, body: { role: "member" } });
  expect(await refusalCode(accept(made.token, address()))).toBe("token_invalid");
  await admin.call(changeMember, { params: { ...params, user: owner.id }, body: { role: "owner" } });
  await hub.database.sql.query("update admin_users set deactivated_at = now() where id = $1", [owner.id]);
  expect(await refusalCode(accept(made.token, address()))).toBe("token_invalid");
  await hub.database.sql.query("update admin_users set deactivated_at = null where id = $1", [owner.id]);
  expect((await accept(made.token, address())).user.role).toBe("viewer");
});

test("who has an account joins with it; no role becomes less, and what brings nothing stays good", async () => {
  const project = await hub.project();
  const member = await guest({ key: project.key, role: "member" });
  const params = { project: project.key };
  const join = (token: string) => member.client.call(operations.joinByInvitation, { body: { token } });
  const invite = async (role: "viewer" | "owner") =>
    (await admin.call(operations.createProjectInvitation, { params, body: { role } })).token;
  const less = await invite("viewer");
  expect(await refusalCode(join(less))).toBe("member_exists");
  expect((await accept(less, address())).user.role).toBe("viewer");

  expect(await join(await invite("owner"))).toMatchObject({ role: "viewer", project_role: "owner" });
  const { members } = await member.client.call(listMembers, { params });
  expect(members.map(({ role }) => role)).toEqual(["owner", "viewer"]);

  const other = await hub.project();
  const both = await admin.call(operations.createInvitation, { body: { role: "admin", project: other.key } });
  expect(await join(both.token)).toMatchObject({ role: "admin", project: { id: other.id }, project_role: "member" });
  expect((await member.client.call(me)).user.role).toBe("admin");
  expect((await member.client.call(listProjects)).projects.length).toBeGreaterThan(2);
  expect(await refusalCode(join(both.token))).toBe("invitation_not_found");
});

test("an invitation for somebody else is not joined, and the machine's own token joins nothing", async () => {
  const named = await admin.call(operations.createInvitation, { body: { email: address(), role: "admin" } });
  const { client } = await guest();
  const join = { body: { token: named.token } };
  expect(await refusalCode(client.call(operations.joinByInvitation, join))).toBe("forbidden");
  expect(await refusalCode((await hub.system()).call(operations.joinByInvitation, join))).toBe("forbidden");
});

test("the list is read in pages", async () => {
  const seen: string[] = [];
  let after: string | null | undefined;
  do {
    const query = { limit: 2, ...(after == null ? {} : { after }) };
    const page = await admin.call(operations.listInvitations, { query });
    seen.push(...page.invitations.map(({ id }) => id));
    after = page.next;
  } while (after !== null);
  const rows = await hub.database.sql.query<{ id: string }>("select id from hub.invitations");
  expect(seen.toSorted()).toEqual(rows.map(({ id }) => id).toSorted());
  expect(new Set(seen).size).toBe(seen.length);
});
