import { randomUUID } from "node:crypto";
import type { HubClient } from "@orchestratia/client/http";
import * as operations from "@orchestratia/protocol/operations/members";
import { listProjects, viewProject } from "@orchestratia/protocol/operations/people";
import type { Project } from "@orchestratia/protocol/projects";
import type { UserId } from "@orchestratia/protocol/vocabulary";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newSecret, secretHash } from "../access/secret-hash.ts";
import { raceAt } from "../testing/race-at.ts";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { refusalCode } from "../testing/test-team.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

interface Person {
  id: UserId;
  name: string;
  email: string;
  client: HubClient;
}

async function person(project?: Project, role = "member"): Promise<Person> {
  const name = `Ada ${randomUUID().slice(0, 4)}`;
  const email = `${randomUUID()}@example.org`;
  const token = newSecret("orct_");
  const { sql } = hub.database;
  const [user] = await sql.query<{ id: UserId }>(
    "insert into admin_users (email, name, role) values ($1, $2, 'viewer') returning id",
    [email, name],
  );
  if (!user) throw new Error("no row");
  await sql.query("insert into hub.access_tokens (name, token_hash, user_id) values ('test', $1, $2)", [
    secretHash(token),
    user.id,
  ]);
  if (project) {
    await sql.query("insert into project_members (project_id, user_id, role) values ($1, $2, $3)", [
      project.id,
      user.id,
      role,
    ]);
  }
  return { id: user.id, name, email, client: hub.client({ authorization: `Bearer ${token}` }) };
}

const factsOf = async ({ id }: Project) => {
  const rows = await hub.database.sql.query<{ event_type: string; details: { role: string } }>(
    "select event_type, details from activity_log where project_id = $1 and event_type like 'project.member%' order by seq",
    [id],
  );
  return rows.map(({ event_type, details }) => [event_type, details.role]);
};

test("an owner adds, changes and removes members, and each of it holds from then on", async () => {
  const project = await hub.project();
  const params = { project: project.key };
  const owner = await person(project, "owner");
  const [ada, bea] = [await person(), await person()];

  await owner.client.call(operations.addMember, { params, body: { email: ada.email.toUpperCase(), role: "viewer" } });
  const added = await owner.client.call(operations.addMember, { params, body: { user_id: bea.id, role: "member" } });
  expect(added).toMatchObject({ user_id: bea.id, email: bea.email, name: bea.name, role: "member" });
  expect((await ada.client.call(viewProject, { params })).role).toBe("viewer");
  const { members } = await ada.client.call(operations.listMembers, { params });
  expect(members.map(({ user_id, role }) => [user_id, role])).toEqual([
    [owner.id, "owner"],
    [bea.id, "member"],
    [ada.id, "viewer"],
  ]);

  const ofAda = { ...params, user: ada.id };
  await owner.client.call(operations.changeMember, { params: ofAda, body: { role: "owner" } });
  await ada.client.call(operations.removeMember, { params: { ...params, user: bea.id } });
  expect((await bea.client.call(listProjects)).projects).toEqual([]);
  expect(await refusalCode(bea.client.call(viewProject, { params }))).toBe("project_not_found");
  expect(await factsOf(project)).toEqual([
    ["project.member_added", "viewer"],
    ["project.member_added", "member"],
    ["project.member_changed", "owner"],
    ["project.member_removed", "member"],
  ]);
});

test("nobody is added twice, and nobody without an account that is in use", async () => {
  const project = await hub.project();
  const params = { project: project.key };
  const owner = await person(project, "owner");
  const add = (body: { user_id?: UserId; email?: string }) =>
    refusalCode(owner.client.call(operations.addMember, { params, body: { ...body, role: "viewer" } }));
  expect(await add({ user_id: owner.id })).toBe("member_exists");
  expect(await add({ user_id: randomUUID() as UserId })).toBe("user_not_found");
  expect(await add({ email: "nobody@example.org" })).toBe("user_not_found");
  const gone = await person();
  await hub.database.sql.query("update admin_users set deactivated_at = now() where id = $1", [gone.id]);
  expect(await add({ user_id: gone.id })).toBe("user_not_found");
  const nobody = { params: { ...params, user: randomUUID() } };
  expect(await refusalCode(owner.client.call(operations.removeMember, nobody))).toBe("member_not_found");
  const change = owner.client.call(operations.changeMember, { ...nobody, body: { role: "owner" } });
  expect(await refusalCode(change)).toBe("member_not_found");
});

test("a member leaves by themselves; whoever is in no project has none to leave", async () => {
  const project = await hub.project();
  const params = { project: project.key };
  const viewer = await person(project, "viewer");
  await viewer.client.call(operations.leaveProject, { params });
  expect(await refusalCode(viewer.client.call(operations.leaveProject, { params }))).toBe("project_not_found");
  const admin = await hub.admin();
  expect(await refusalCode(admin.call(operations.leaveProject, { params }))).toBe("member_not_found");
});

test("the last owner stays until there is another who can sign in, or an admin says otherwise", async () => {
  const project = await hub.project();
  const params = { project: project.key };
  const owner = await person(project, "owner");
  const second = await person(project, "owner");
  await hub.database.sql.query("update admin_users set deactivated_at = now() where id = $1", [second.id]);
  const ofOwner = { ...params, user: owner.id };
  const demote = { params: ofOwner, body: { role: "member" } as const };
  expect(await refusalCode(owner.client.call(operations.changeMember, demote))).toBe("last_owner");
  expect(await refusalCode(owner.client.call(operations.removeMember, { params: ofOwner }))).toBe("last_owner");
  expect(await refusalCode(owner.client.call(operations.leaveProject, { params }))).toBe("last_owner");

  const admin = await hub.admin();
  await admin.call(operations.changeMember, demote);
  await admin.call(operations.removeMember, { params: ofOwner });
  expect((await admin.call(operations.listMembers, { params })).members).toMatchObject([{ user_id: second.id }]);
});

test("two owners who leave at once leave one behind", async () => {
  const project = await hub.project();
  const params = { project: project.key };
  const owners = [await person(project, "owner"), await person(project, "owner")];
  const outcomes = await raceAt(
    hub.database,
    `select from project_members where project_id = '${project.id}' for update`,
    owners.map(
      ({ client }) =>
        () =>
          refusalCode(client.call(operations.leaveProject, { params })),
    ),
  );
  expect(outcomes.map((outcome) => outcome.status === "fulfilled" && outcome.value).toSorted()).toEqual([
    "last_owner",
    undefined,
  ]);
});

test("of two owners who demote each other at once, one is an owner no more when it is their turn", async () => {
  const project = await hub.project();
  const owners = [await person(project, "owner"), await person(project, "owner"), await person(project, "owner")];
  const [a, b] = owners as [Person, Person];
  const demote = (by: Person, user: string) => () =>
    refusalCode(
      by.client.call(operations.changeMember, { params: { project: project.key, user }, body: { role: "viewer" } }),
    );
  const outcomes = await raceAt(
    hub.database,
    `select from project_members where project_id = '${project.id}' for update`,
    [demote(a, b.id), demote(b, a.id)],
  );
  expect(outcomes.map((outcome) => outcome.status === "fulfilled" && outcome.value).toSorted()).toEqual([
    "forbidden",
    undefined,
  ]);
  const { members } = await (await hub.admin()).call(operations.listMembers, { params: { project: project.key } });
  expect(members.map(({ role }) => role)).toEqual(["owner", "owner", "viewer"]);
});
