import type { HubClient } from "@orchestratia/client/http";
import type { NewAccessToken } from "@orchestratia/protocol/access-tokens";
import * as operations from "@orchestratia/protocol/operations/access-tokens";
import * as people from "@orchestratia/protocol/operations/people";
import * as tasks from "@orchestratia/protocol/operations/people-tasks";
import * as users from "@orchestratia/protocol/operations/users";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { z } from "zod";
import { raceAt } from "../testing/race-at.ts";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { refusal, refusalCode } from "../testing/test-team.ts";
import { until } from "../testing/until.ts";
import { hashPassword } from "../users/passwords.ts";

let hub: TestHub;
let admin: HubClient;
let passwordHash: string;
const PASSWORD = "a loom and two shuttles";
beforeAll(async () => {
  hub = await startTestHub();
  admin = await hub.admin();
  passwordHash = await hashPassword(PASSWORD);
});
afterAll(() => hub[Symbol.asyncDispose]());

const bearing = (token: string) => hub.client({ authorization: `Bearer ${token}` });

let count = 0;
/** Somebody with a role in a project of their own, signed in. */
async function addPerson(role: "owner" | "member" | "viewer" = "member") {
  count += 1;
  const { sql } = hub.database;
  const email = `tokens-${count}@example.org`;
  const [row] = await sql.query<{ id: string }>(
    "insert into admin_users (email, name, role, password_hash) values ($1, 'Grace', 'viewer', $2) returning id",
    [email, passwordHash],
  );
  const id = row?.id ?? "";
  const project = await hub.project();
  await join(id, project.id, role);
  const { token } = await hub.client().call(people.signIn, { body: { email, password: PASSWORD } });
  return { id, project, client: bearing(token) };
}

const join = (user: string, project: string, role: string) =>
  hub.database.sql.query("insert into project_members (user_id, project_id, role) values ($1, $2, $3)", [
    user,
    project,
    role,
  ]);

const create = (client: HubClient, body: Partial<z.input<typeof NewAccessToken>> = {}) =>
  client.call(operations.createAccessToken, { body: { name: "Nightly build", ...body } });
const list = async (client: HubClient, user?: string) =>
  (await client.call(operations.listAccessTokens, { query: { user } })).access_tokens;
const revoke = (client: HubClient, access_token: string) =>
  client.call(operations.revokeAccessToken, { params: { access_token } });
const keysFor = async (client: HubClient) =>
  (await client.call(people.listProjects)).projects.map(({ key }) => key).sort();
const addTask = (client: HubClient, project: string) =>
  client.call(tasks.createTask, { params: { project }, body: { title: "A task", spec: "Do it.", auto_assign: false } });

test("a token is shown once, opens what its owner may, and is known again by how it begins", async () => {
  const person = await addPerson();
  const { token, ...made } = await create(person.client);
  expect(token).toMatch(/^orct_.{43}$/);
  expect(made).toMatchObject({ user_id: person.id, name: "Nightly build", scope: "write", projects: null });
  expect(token.startsWith(made.prefix) && made.prefix.length < 15).toBe(true);
  const days = (Date.parse(made.expires_at ?? "") - Date.parse(made.created_at)) / 86_400_000;
  expect(Math.round(days)).toBe(90);
  expect(await list(person.client)).toEqual([made]);
  await addTask(bearing(token), person.project.key);
  const kept = await hub.database.sql.query("select to_jsonb(t)::text as row from hub.access_tokens t");
  expect(JSON.stringify(kept)).not.toContain(token);
});

test("no token makes, lists or revokes tokens; only a sign-in does", async () => {
  const person = await addPerson();
  const { id, token } = await create(person.client);
  for (const client of [bearing(token), await hub.system()]) {
    expect(await refusalCode(create(client))).toBe("forbidden");
    expect(await refusalCode(list(client))).toBe("forbidden");
    expect(await refusalCode(revoke(client, id))).toBe("forbidden");
  }
});

test("a token that may only read sees everything and changes nothing", async () => {
  const person = await addPerson("owner");
  const task = await addTask(person.client, person.project.key);
  const reader = bearing((await create(person.client, { scope: "read" })).token);
  const at = { params: { project: person.project.key, task: task.key } };
  expect((await person.client.call(tasks.viewTask, at)).moves).toContain("assign");
  expect((await reader.call(tasks.viewTask, at)).moves).toEqual([]);
  const refused = await refusal(addTask(reader, person.project.key));
  expect(refused).toMatchObject({ code: "forbidden", detail: "This access token may only read." });
});

test("what is outside a token's projects is not there, also for an admin's", async () => {
  const person = await addPerson();
  const [other, foreign] = [await hub.project(), await hub.project()];
  await join(person.id, other.id, "member");
  const some = await create(person.client, { projects: [person.project.key.toLowerCase(), person.project.id] });
  expect(some.projects).toEqual([{ id: person.project.id, key: person.project.key }]);
  const client = bearing(some.token);
  expect(await keysFor(client)).toEqual([person.project.key]);
  expect(await keysFor(bearing((await create(person.client)).token))).toEqual([person.project.key, other.key].sort());
  await addTask(client, person.project.key);
  for (const project of [other.key, other.id, foreign.key]) {
    expect(await refusalCode(addTask(client, project))).toBe("project_not_found");
  }

  const scoped = bearing((await create(admin, { projects: [other.id] })).token);
  expect(await keysFor(scoped)).toEqual([other.key]);
  await addTask(scoped, other.key);
  expect(await refusalCode(addTask(scoped, foreign.key))).toBe("project_not_found");
  const body = { key: "NEVER", name: "Never" };
  expect(await refusalCode(scoped.call(people.createProject, { body }))).toBe("forbidden");
  expect(await refusalCode(scoped.call(users.listUsers))).toBe("forbidden");
});

test("a token cannot be made for a project that its maker does not see, nor for one that is not there", async () => {
  const person = await addPerson();
  const foreign = await hub.project();
  for (const projects of [[foreign.key], [person.project.key, "NOWHERE"]]) {
    expect(await refusalCode(create(person.client, { projects }))).toBe("project_not_found");
  }
  for (const body of [{ projects: [] }, { expires_in_days: 0 }, { expires_in_days: 366 }, { name: " " }]) {
    expect(await refusalCode(create(person.client, body))).toBe("invalid_request");
  }
  expect(await list(person.client)).toEqual([]);
});

test("a token never opens more than its owner may by then", async () => {
  const person = await addPerson("owner");
  const all = bearing((await create(person.client)).token);
  const one = bearing((await create(person.client, { projects: [person.project.id] })).token);
  for (const client of [all, one]) await addTask(client, person.project.key);
  const { sql } = hub.database;
  await sql.query("update project_members set role = 'viewer' where user_id = $1", [person.id]);
  for (const client of [all, one]) {
    await client.call(tasks.listTasks, { params: { project: person.project.key } });
    expect(await refusalCode(addTask(client, person.project.key))).toBe("forbidden");
  }
  await sql.query("delete from project_members where user_id = $1", [person.id]);
  for (const client of [all, one]) {
    expect(await keysFor(client)).toEqual([]);
    expect(await refusalCode(addTask(client, person.project.key))).toBe("project_not_found");
  }
});

test("an admin's token is no admin's from the moment when its owner is none", async () => {
  const person = await addPerson();
  const params = { user: person.id };
  await admin.call(users.updateUser, { params, body: { role: "admin" } });
  const client = bearing((await create(person.client)).token);
  await client.call(users.listUsers);
  await admin.call(users.updateUser, { params, body: { role: "viewer" } });
  expect(await refusalCode(client.call(users.listUsers))).toBe("forbidden");
});

test("whoever is deactivated has no token any more, and no more when they are let in again", async () => {
  const person = await addPerson();
  const client = bearing((await create(person.client)).token);
  await client.call(people.me);
  const params = { user: person.id };
  await admin.call(users.deactivateUser, { params });
  expect(await refusalCode(client.call(people.me))).toBe("unauthenticated");
  await admin.call(users.reactivateUser, { params });
  expect(await refusalCode(client.call(people.me))).toBe("unauthenticated");
  expect(await list(admin, person.id)).toEqual([]);
});

test("a token that has expired opens nothing and is not listed", async () => {
  const person = await addPerson();
  const { id, token } = await create(person.client, { expires_in_days: 1 });
  await hub.database.sql.query("update hub.access_tokens set expires_at = now() - interval '1 s' where id = $1", [id]);
  expect(await refusalCode(bearing(token).call(people.me))).toBe("unauthenticated");
  expect(await list(person.client)).toEqual([]);
  expect(await refusalCode(revoke(person.client, id))).toBe("access_token_not_found");
});

test("a revoked token ends at once; its owner and admins may revoke it, nobody else, and it is recorded", async () => {
  const [person, stranger] = [await addPerson(), await addPerson("owner")];
  const [first, second] = [await create(person.client), await create(person.client, { scope: "read" })];
  for (const { token } of [first, second]) await bearing(token).call(people.me);
  expect(await refusalCode(revoke(stranger.client, first.id))).toBe("access_token_not_found");
  expect(await refusalCode(list(stranger.client, person.id))).toBe("forbidden");
  expect((await list(admin, person.id)).map(({ id }) => id).sort()).toEqual([first.id, second.id].sort());
  const { token: shownOnce, ...view } = first;
  expect(await revoke(person.client, first.id)).toMatchObject({ id: view.id, prefix: view.prefix });
  expect(await refusalCode(bearing(shownOnce).call(people.me))).toBe("unauthenticated");
  await bearing(second.token).call(people.me);
  await revoke(admin, second.id);
  expect(await refusalCode(bearing(second.token).call(people.me))).toBe("unauthenticated");
  expect(await refusalCode(revoke(person.client, first.id))).toBe("access_token_not_found");
  const facts = await hub.database.sql.query(
    `select event_type, project_id, details from activity_log
     where event_type like 'access_token.%' and details ->> 'user_id' = $1 order by seq`,
    [person.id],
  );
  const about = { user_id: person.id, name: "Nightly build" };
  expect(facts).toMatchObject([
    { event_type: "access_token.created", project_id: null, details: { ...about, access_token_id: first.id } },
    { event_type: "access_token.created", details: { access_token_id: second.id, scope: "read", project_ids: null } },
    { event_type: "access_token.revoked", details: { ...about, access_token_id: first.id } },
    { event_type: "access_token.revoked", details: { access_token_id: second.id } },
  ]);
  expect(JSON.stringify(facts)).not.toContain("orct_");
});

test("the machine's own token is no one's to revoke", async () => {
  const [row] = await hub.database.sql.query<{ id: string }>("select id from hub.access_tokens where user_id is null");
  expect(await refusalCode(revoke(admin, row?.id ?? ""))).toBe("access_token_not_found");
  await (await hub.system()).call(people.listProjects);
});

test("of two made at once when there is room for one, one is refused; one that has ended makes room", async () => {
  const person = await addPerson();
  await hub.database.sql.query(
    `insert into hub.access_tokens (user_id, name, token_hash, expires_at)
     select $1, 'many', gen_random_uuid(), now() + interval '1 day' from generate_series(1, 49)`,
    [person.id],
  );
  const lock = `select from admin_users where id = '${person.id}' for update`;
  const both = await raceAt(hub.database, lock, [() => create(person.client), () => create(person.client)]);
  expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(await refusalCode(create(person.client))).toBe("too_many_tokens");
  const [oldest] = await list(person.client);
  await revoke(person.client, oldest?.id ?? "");
  await create(person.client);
});

test("a token that is made while its owner is deactivated does not outlive that", async () => {
  const person = await addPerson();
  const lock = `select from admin_users where id = '${person.id}' for update`;
  const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  const [deactivated, made] = await raceAt<unknown>(hub.database, lock, [
    () => admin.call(users.deactivateUser, { params: { user: person.id } }),
    async () => {
      await until(async () => (await hub.database.sql.query(waiting)).length > 0);
      return create(person.client);
    },
  ]);
  expect(deactivated?.status).toBe("fulfilled");
  expect(made?.status === "rejected" && made.reason.code).toBe("user_deactivated");
  expect(await list(admin, person.id)).toEqual([]);
});

test("when a token was last used is kept to the minute", async () => {
  const person = await addPerson();
  const { id, token } = await create(person.client);
  const lastUsed = async () => (await list(person.client)).find((each) => each.id === id)?.last_used_at ?? null;
  const use = async () => {
    await bearing(token).call(people.me);
    await hub.hub.engine.rederive();
    return lastUsed();
  };
  expect(await lastUsed()).toBeNull();
  const first = await use();
  expect(first).not.toBeNull();
  expect(await use()).toBe(first);
  await hub.database.sql.query(
    "update hub.access_tokens set last_used_at = last_used_at - interval '61 s' where id = $1",
    [id],
  );
  expect(Date.parse((await use()) ?? "")).toBeGreaterThanOrEqual(Date.parse(first ?? ""));
});
