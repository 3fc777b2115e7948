import type { HubClient } from "@orchestratia/client/http";
import * as people from "@orchestratia/protocol/operations/people";
import * as operations from "@orchestratia/protocol/operations/users";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newSecret, secretHash } from "../access/secret-hash.ts";
import { raceAt } from "../testing/race-at.ts";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { refusal, refusalCode } from "../testing/test-team.ts";
import { hashPassword } from "./passwords.ts";

let hub: TestHub;
let admin: HubClient;
let passwordHash: string;
const OLD = "a loom and two shuttles";
const NEW = "three shuttles and a loom";
beforeAll(async () => {
  hub = await startTestHub();
  admin = await hub.admin();
  passwordHash = await hashPassword(OLD);
});
afterAll(() => hub[Symbol.asyncDispose]());

let count = 0;
async function addPerson() {
  count += 1;
  const email = `own-${count}@example.org`;
  const [row] = await hub.database.sql.query<{ id: string }>(
    "insert into admin_users (email, name, role, password_hash) values ($1, 'Grace', 'viewer', $2) returning id",
    [email, passwordHash],
  );
  return { id: row?.id ?? "", email };
}

const bearing = (token: string) => hub.client({ authorization: `Bearer ${token}` });

async function signInAs({ email }: { email: string }, password = OLD) {
  return bearing((await hub.client().call(people.signIn, { body: { email, password } })).token);
}

async function addToken(userId: string) {
  const token = newSecret("orct_");
  await hub.database.sql.query("insert into hub.access_tokens (name, token_hash, user_id) values ('ci', $1, $2)", [
    secretHash(token),
    userId,
  ]);
  return bearing(token);
}

const factsAbout = async (user: string) =>
  (
    await hub.database.sql.query<{ event_type: string }>(
      `select event_type from activity_log where project_id is null
         and (actor ->> 'id' = $1 or details ->> 'user_id' = $1) and event_type <> 'access.denied' order by seq`,
      [user],
    )
  ).map(({ event_type }) => event_type);

const change = (client: HubClient, old_password: string, password: string) =>
  client.call(operations.changePassword, { body: { old_password, password } });

test("a new password ends every other sign-in of the person's at once, and the one that asked goes on", async () => {
  const person = await addPerson();
  const [here, there, token] = [await signInAs(person), await signInAs(person), await addToken(person.id)];
  const bystander = await signInAs(await addPerson());
  await there.call(people.me);
  expect(await change(here, OLD, NEW)).toEqual({ ok: true, ended_sign_ins: 1 });
  expect(await refusalCode(there.call(people.me))).toBe("unauthenticated");
  for (const client of [here, token, bystander]) await client.call(people.me);
  expect(await refusalCode(signInAs(person, OLD))).toBe("wrong_credentials");
  await signInAs(person, NEW);
  expect(await factsAbout(person.id)).toEqual([
    "user.signed_in",
    "user.signed_in",
    "user.password_changed",
    "user.sign_in_denied",
    "user.signed_in",
  ]);
});

test("the old password is needed, and whoever guesses it is held back as at signing in", async () => {
  const person = await addPerson();
  const client = await signInAs(person);
  const codes = [];
  for (let n = 0; n < 6; n += 1) codes.push(await refusalCode(change(client, `wrong password ${n}`, NEW)));
  expect(codes).toEqual([...Array(5).fill("wrong_password"), "too_many_requests"]);
  expect(await refusalCode(change(client, OLD, NEW))).toBe("too_many_requests");
  const denied = await hub.database.sql.query(
    `select from activity_log where event_type = 'access.denied' and actor ->> 'id' = $1
       and details @> '{"operation": "changePassword", "problem": "wrong_password"}'`,
    [person.id],
  );
  expect(denied).toHaveLength(1);
});

test("a password that is its owner's name or address, or the old one, is refused", async () => {
  const person = await addPerson();
  const client = await signInAs(person);
  for (const password of ["Grace 12345", person.email, OLD]) {
    expect(await refusal(change(client, OLD, password))).toMatchObject({ code: "password_weak", status: 422 });
  }
  await change(client, OLD, NEW);
});

test("of two who change one password at once, one is told that it was changed", async () => {
  const person = await addPerson();
  const [one, two] = [await signInAs(person), await signInAs(person)];
  const outcomes = await raceAt(hub.database, `select from admin_users where id = '${person.id}' for update`, [
    () => change(one, OLD, `${NEW} 1`),
    () => change(two, OLD, `${NEW} 2`),
  ]);
  const codes = outcomes.map((outcome) => (outcome.status === "fulfilled" ? "done" : outcome.reason.code));
  expect(codes.toSorted()).toEqual(["done", "wrong_password"]);
});

test("people name themselves, and are known by the new name at once", async () => {
  const person = await addPerson();
  const client = await signInAs(person);
  expect(await client.call(operations.updateMe, { body: { name: "  Grace H.  " } })).toMatchObject({
    name: "Grace H.",
  });
  expect((await client.call(people.me)).user.name).toBe("Grace H.");
  expect(await factsAbout(person.id)).toEqual(["user.signed_in", "user.updated"]);
});

test("people see where they are signed in, which of it asks, and end one of them at once", async () => {
  const person = await addPerson();
  const [here, there] = [await signInAs(person), await signInAs(person)];
  const { sign_ins } = await here.call(operations.listSignIns, {});
  expect(sign_ins.map(({ current }) => current).toSorted()).toEqual([false, true]);
  for (const each of sign_ins) expect(each).toMatchObject({ user_id: person.id, address: "127.0.0.1" });
  const other = sign_ins.find(({ current }) => !current)?.id ?? "";
  await there.call(people.me);
  const params = { sign_in: other };
  expect(await here.call(operations.revokeSignIn, { params })).toMatchObject({ id: other, current: false });
  expect(await refusalCode(there.call(people.me))).toBe("unauthenticated");
  expect(await refusalCode(here.call(operations.revokeSignIn, { params }))).toBe("sign_in_not_found");
  expect((await here.call(operations.listSignIns, {})).sign_ins).toHaveLength(1);
  await here.call(people.signOut);
  expect((await factsAbout(person.id)).slice(-2)).toEqual(["user.sign_in_revoked", "user.signed_out"]);
});

test("admins see and end the sign-ins of anybody; others only their own", async () => {
  const [person, stranger] = [await addPerson(), await addPerson()];
  const client = await signInAs(person);
  const asStranger = await signInAs(stranger);
  const query = { user: person.id };
  const { sign_ins } = await admin.call(operations.listSignIns, { query });
  expect(sign_ins).toMatchObject([{ user_id: person.id, current: false }]);
  const params = { sign_in: sign_ins[0]?.id ?? "" };
  expect(await refusalCode(asStranger.call(operations.listSignIns, { query }))).toBe("forbidden");
  expect(await refusalCode(asStranger.call(operations.revokeSignIn, { params }))).toBe("sign_in_not_found");
  await client.call(people.me);
  await admin.call(operations.revokeSignIn, { params });
  expect(await refusalCode(client.call(people.me))).toBe("unauthenticated");
  const nobody = { user: "5a0f1c86-8f0e-4f5a-9a0e-0a8b8b2c9d11" };
  expect(await refusalCode(admin.call(operations.listSignIns, { query: nobody }))).toBe("user_not_found");
});

test("ending the sign-in that asks takes the browser's cookie as well", async () => {
  const person = await addPerson();
  const { token } = await hub.client().call(people.signIn, { body: { email: person.email, password: OLD } });
  const { sign_ins } = await bearing(token).call(operations.listSignIns, {});
  const response = await hub.fetch(`/api/v1/auth/sign-ins/${sign_ins[0]?.id}`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${token}` },
  });
  expect(await response.json()).toMatchObject({ current: true });
  expect(response.headers.get("set-cookie")).toMatch(/^orc_[^=]+=;.*Expires=Thu, 01 Jan 1970/);
});

test("no token changes what is a person's own: not even an admin's, nor the machine's", async () => {
  const [row] = await hub.database.sql.query<{ id: string }>("select id from admin_users where role = 'admin'");
  for (const client of [await addToken(row?.id ?? ""), await hub.system()]) {
    const calls = [
      () => client.call(operations.updateMe, { body: { name: "Eve" } }),
      () => change(client, OLD, NEW),
      () => client.call(operations.listSignIns, {}),
      () => client.call(operations.revokeSignIn, { params: { sign_in: row?.id ?? "" } }),
    ];
    for (const call of calls) {
      expect(await refusal(call())).toMatchObject({ code: "forbidden", detail: expect.stringMatching(/signed in/) });
    }
  }
});
