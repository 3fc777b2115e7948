import type { HubClient } from "@orchestratia/client/http";
import * as people from "@orchestratia/protocol/operations/people";
import * as operations from "@orchestratia/protocol/operations/users";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newSecret, secretHash } from "../access/secret-hash.ts";
import { raceAt } from "../testing/race-at.ts";
import { ADMIN, startTestHub, type TestHub } from "../testing/test-hub.ts";
import { refusal, refusalCode } from "../testing/test-team.ts";
import { hashPassword } from "./passwords.ts";

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

let count = 0;
async function addPerson(role: "admin" | "viewer" = "viewer") {
  count += 1;
  const email = `person-${String(count).padStart(3, "0")}@example.org`;
  const [row] = await hub.database.sql.query<{ id: string }>(
    "insert into admin_users (email, name, role, password_hash) values ($1, $2, $3, $4) returning id",
    [email, `Person ${count}`, role, passwordHash],
  );
  const id = row?.id ?? "";
  return { id, email, role, params: { user: id } };
}

const bearing = (token: string) => hub.client({ authorization: `Bearer ${token}` });

async function signInAs({ email }: { email: string }, password = PASSWORD) {
  const signedIn = await hub.client().call(people.signIn, { body: { email, password } });
  return { ...signedIn, client: bearing(signedIn.token) };
}

async function addToken({ id }: { id: string }) {
  const token = newSecret("orct_");
  await hub.database.sql.query("insert into hub.access_tokens (name, token_hash, user_id) values ('ci', $1, $2)", [
    secretHash(token),
    id,
  ]);
  return bearing(token);
}

const factsOf = (user: string) =>
  hub.database.sql.query(
    `select event_type, actor ->> 'name' as by, details - 'email' - 'user_id' as details from activity_log
     where project_id is null and details ->> 'user_id' = $1 order by seq`,
    [user],
  );

test("admins see every account with what is open to it, page by page, and find some by name, role or state", async () => {
  const one = await addPerson();
  const two = await addPerson("admin");
  const gone = await addPerson();
  await signInAs(one);
  await admin.call(operations.deactivateUser, { params: gone.params });
  const seen = [];
  let after: string | undefined;
  for (let page = 0; page < 100; page += 1) {
    const { users, next } = await admin.call(operations.listUsers, { query: { limit: 2, ...(after && { after }) } });
    seen.push(...users);
    if (next === null) break;
    after = next;
  }
  const emails = seen.map(({ email }) => email);
  expect(emails).toEqual(emails.toSorted());
  expect(emails).toEqual(expect.arrayContaining([ADMIN.email, one.email, two.email, gone.email]));
  expect(seen.find(({ id }) => id === one.id)).toMatchObject({
    role: "viewer",
    sign_ins: 1,
    has_password: true,
    deactivated_at: null,
    last_signed_in_at: expect.any(String),
  });
  const found = async (query: Record<string, unknown>) =>
    (await admin.call(operations.listUsers, { query })).users.map(({ email }) => email);
  expect(await found({ role: "admin" })).toEqual([ADMIN.email, two.email]);
  expect(await found({ active: "false" })).toEqual([gone.email]);
  expect(await found({ name: one.email.slice(0, 10).toUpperCase() })).toEqual([one.email]);
  expect(
    await refusalCode(admin.call(operations.viewUser, { params: { user: "5a0f1c86-8f0e-4f5a-9a0e-0a8b8b2c9d11" } })),
  ).toBe("user_not_found");
  await admin.call(operations.updateUser, { params: two.params, body: { role: "viewer" } });
});

test("a role that is given or taken holds at once, and is a fact", async () => {
  const person = await addPerson();
  const { client } = await signInAs(person);
  expect(await refusalCode(client.call(operations.listUsers, {}))).toBe("forbidden");
  const body = { name: "Grace", role: "admin" } as const;
  expect(await admin.call(operations.updateUser, { params: person.params, body })).toMatchObject(body);
  expect((await client.call(operations.viewUser, { params: person.params })).role).toBe("admin");
  await admin.call(operations.updateUser, { params: person.params, body: { role: "viewer" } });
  expect(await refusalCode(client.call(operations.listUsers, {}))).toBe("forbidden");
  expect(await factsOf(person.id)).toEqual([
    { event_type: "user.role_changed", by: ADMIN.name, details: { role: "admin", from: "viewer" } },
    { event_type: "user.updated", by: ADMIN.name, details: { fields: ["name"] } },
    { event_type: "user.role_changed", by: ADMIN.name, details: { role: "viewer", from: "admin" } },
  ]);
});

test("whoever is deactivated is let in no more, with no sign-in, password or access token, and what ended stays ended", async () => {
  const person = await addPerson();
  const { client } = await signInAs(person);
  const token = await addToken(person);
  await client.call(people.me);
  await token.call(people.me);
  const account = await admin.call(operations.deactivateUser, { params: person.params });
  expect(account).toMatchObject({ deactivated_at: expect.any(String), sign_ins: 0 });
  for (const each of [client, token]) expect(await refusalCode(each.call(people.me))).toBe("unauthenticated");
  expect(await refusalCode(signInAs(person))).toBe("user_deactivated");
  expect(await refusalCode(signInAs(person, "not the password"))).toBe("wrong_credentials");
  expect(await admin.call(operations.deactivateUser, { params: person.params })).toEqual(account);

  await admin.call(operations.reactivateUser, { params: person.params });
  for (const each of [client, token]) expect(await refusalCode(each.call(people.me))).toBe("unauthenticated");
  await signInAs(person);
  expect((await factsOf(person.id)).map(({ event_type }) => event_type)).toEqual([
    "user.deactivated",
    "user.reactivated",
  ]);
});

test("a sign-in whose password was found right while its account is deactivated opens nothing", async () => {
  const person = await addPerson();
  const deactivate = () => admin.call(operations.deactivateUser, { params: person.params });
  // Either the sign-in is there when the account's are ended, or it sees that the account is deactivated.
  await raceAt<unknown>(hub.database, `select from admin_users where id = '${person.id}' for update`, [
    () => signInAs(person),
    deactivate,
  ]);
  const [row] = await hub.database.sql.query<{ open: number }>(
    "select count(*) as open from hub.sign_ins where user_id = $1 and revoked_at is null",
    [person.id],
  );
  expect(row?.open).toBe(0);
  expect(await admin.call(operations.viewUser, { params: person.params })).toMatchObject({
    deactivated_at: expect.any(String),
  });
});

test.each([
  ["its account was deactivated", "deactivated_at = now()", "user_deactivated"],
  ["the password was changed", "password_hash = 'another'", "wrong_credentials"],
])("a sign-in that waited while %s is refused", async (_, change, code) => {
  const person = await addPerson();
  // The password was found right when the change commits.
  const [outcome] = await raceAt(hub.database, `update admin_users set ${change} where id = '${person.id}'`, [
    () => signInAs(person),
  ]);
  expect(outcome).toMatchObject({ status: "rejected", reason: { code } });
  const rows = await hub.database.sql.query("select from hub.sign_ins where user_id = $1", [person.id]);
  expect(rows).toEqual([]);
});

test("the last admin stays one", async () => {
  const { users } = await admin.call(operations.listUsers, { query: { role: "admin" } });
  expect(users.map(({ email }) => email)).toEqual([ADMIN.email]);
  const params = { user: users[0]?.id ?? "" };
  const system = await hub.system();
  for (const client of [admin, system]) {
    const demoted = await refusal(client.call(operations.updateUser, { params, body: { role: "viewer" } }));
    expect(demoted).toMatchObject({ code: "last_admin", status: 409, detail: expect.stringContaining(ADMIN.name) });
    expect(await refusalCode(client.call(operations.deactivateUser, { params }))).toBe("last_admin");
  }
  // One who is deactivated is no admin to rely on.
  const other = await addPerson("admin");
  await admin.call(operations.deactivateUser, { params: other.params });
  expect(await refusalCode(admin.call(operations.deactivateUser, { params }))).toBe("last_admin");
  await admin.call(operations.updateUser, { params: other.params, body: { role: "viewer" } });
});

test("of two admins who demote each other at once, one stays", async () => {
  const [one, two] = [await addPerson("admin"), await addPerson("admin")];
  const asOne = (await signInAs(one)).client;
  const asTwo = (await signInAs(two)).client;
  await withoutAda(async () => {
    const outcomes = await raceAt<unknown>(hub.database, LOCK_ADMINS, [
      () => asOne.call(operations.updateUser, { params: two.params, body: { role: "viewer" } }),
      () => asTwo.call(operations.deactivateUser, { params: one.params }),
    ]);
    // Whoever comes second is no admin any more.
    expect(codesOf(outcomes)).toEqual(["done", "forbidden"]);
    expect(await activeAdmins()).toHaveLength(1);
  });
});

test("of two orders that would together leave no admin, one is refused", async () => {
  const [one, two] = [await addPerson("admin"), await addPerson("admin")];
  const system = await hub.system();
  await hub.database.sql.query("update admin_users set role = 'viewer' where id <> all($1)", [[one.id, two.id]]);
  await withoutAda(async () => {
    const outcomes = await raceAt<unknown>(hub.database, LOCK_ADMINS, [
      () => system.call(operations.updateUser, { params: two.params, body: { role: "viewer" } }),
      () => system.call(operations.deactivateUser, { params: one.params }),
    ]);
    expect(codesOf(outcomes)).toEqual(["done", "last_admin"]);
    expect(await activeAdmins()).toHaveLength(1);
  });
});

const LOCK_ADMINS = "select from admin_users where role = 'admin' for update";

async function withoutAda(work: () => Promise<void>): Promise<void> {
  const set = (role: string) =>
    hub.database.sql.query("update admin_users set role = $2 where email = $1", [ADMIN.email, role]);
  await set("viewer");
  await work();
  await set("admin");
}

const activeAdmins = () =>
  hub.database.sql.query("select from admin_users where role = 'admin' and deactivated_at is null");

const codesOf = (outcomes: PromiseSettledResult<unknown>[]) =>
  outcomes.map((outcome) => (outcome.status === "fulfilled" ? "done" : outcome.reason.code)).toSorted();
