import type { HubClient } from "@orchestratia/client/http";
import * as operations from "@orchestratia/protocol/operations/password-resets";
import { me, signIn } from "@orchestratia/protocol/operations/people";
import type { UserId } from "@orchestratia/protocol/vocabulary";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FakeViewer } from "../testing/fake-viewer.ts";
import { raceAt } from "../testing/race-at.ts";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { refusal, refusalCode } from "../testing/test-team.ts";
import { hashPassword } from "./passwords.ts";

const OLD = "correct horse battery";
const NEW = "another horse battery";

let hub: TestHub;
let admin: HubClient;
beforeAll(async () => {
  hub = await startTestHub();
  admin = await hub.admin();
});
afterAll(() => hub[Symbol.asyncDispose]());

let people = 0;

/** Somebody who has signed in with the old password. */
async function person() {
  people += 1;
  const email = `bea${people}@example.org`;
  const [user] = await hub.database.sql.query<{ id: UserId }>(
    "insert into admin_users (email, name, role, password_hash) values ($1, 'Bea', 'viewer', $2) returning id",
    [email, await hashPassword(OLD)],
  );
  if (!user) throw new Error("no row");
  const { token } = await hub.client().call(signIn, { body: { email, password: OLD } });
  return { id: user.id, email, token, client: hub.client({ authorization: `Bearer ${token}` }) };
}

const createReset = (user: string) => admin.call(operations.createPasswordReset, { params: { user } });
const spendReset = (token: string, password = NEW) =>
  hub.client().call(operations.resetPassword, { body: { token, password } });
const view = (token: string) => hub.client().call(operations.viewPasswordReset, { body: { token } });

test("an admin's link sets a new password once, ends every sign-in and signs in", async () => {
  const bea = await person();
  await using socket = await FakeViewer.open(hub.url);
  socket.send({ type: "auth", token: bea.token });
  await socket.next("auth_ok");
  const made = await createReset(bea.id);
  expect(made.link).toBe(`${hub.url}/reset?token=${made.token}`);
  const hours = (new Date(made.expires_at).getTime() - Date.now()) / 3_600_000;
  expect(hours).toBeGreaterThan(23.9);
  expect(hours).toBeLessThanOrEqual(24);
  expect(await view(made.token)).toEqual({ name: "Bea", email: bea.email, expires_at: made.expires_at });
  expect((await bea.client.call(me)).user.email).toBe(bea.email);

  expect(await refusalCode(spendReset(made.token, bea.email))).toBe("password_weak");
  const { token, user } = await spendReset(made.token);
  expect(user).toMatchObject({ id: bea.id, email: bea.email });
  await socket.closed;
  expect(await refusalCode(bea.client.call(me))).toBe("unauthenticated");
  expect((await hub.client({ authorization: `Bearer ${token}` }).call(me)).user.id).toBe(bea.id);
  const withPassword = (password: string) => hub.client().call(signIn, { body: { email: bea.email, password } });
  expect(await refusalCode(withPassword(OLD))).toBe("wrong_credentials");
  expect((await withPassword(NEW)).user.id).toBe(bea.id);
  expect(await refusalCode(spendReset(made.token))).toBe("token_invalid");

  const facts = await hub.database.sql.query<{ event_type: string }>(
    "select event_type from activity_log where event_type like 'password_reset.%' and details->>'user_id' = $1 order by seq",
    [bea.id],
  );
  expect(facts.map(({ event_type }) => event_type)).toEqual(["password_reset.created", "password_reset.used"]);
});

test("a link that was never made, was used, replaced or is too old is refused with the same words", async () => {
  const [used, replaced, old] = [await person(), await person(), await person()];
  const tokens = [await createReset(used.id), await createReset(replaced.id), await createReset(old.id)];
  await spendReset(tokens[0]?.token ?? "");
  const newest = await createReset(replaced.id);
  await hub.database.sql.query("update hub.password_resets set expires_at = now() where user_id = $1", [old.id]);
  const said: unknown[] = [];
  for (const token of ["never made", ...tokens.map(({ token }) => token)]) {
    const refused = [await refusal(view(token)), await refusal(spendReset(token))];
    said.push(...refused.map((each) => JSON.stringify([each?.code, each?.message])));
  }
  expect(said).toHaveLength(8);
  expect(new Set(said).size).toBe(1);
  expect(said[0]).toContain("token_invalid");
  expect((await spendReset(newest.token)).user.id).toBe(replaced.id);
});

test("of two who use one link at once, one sets the password", async () => {
  const bea = await person();
  const { token } = await createReset(bea.id);
  const outcomes = await raceAt(
    hub.database,
    `select from hub.password_resets where user_id = '${bea.id}' for update`,
    [NEW, `${NEW}!`].map((password) => () => refusalCode(spendReset(token, password))),
  );
  expect(outcomes.map((outcome) => outcome.status === "fulfilled" && outcome.value).toSorted()).toEqual([
    "token_invalid",
    undefined,
  ]);
});

test("of two links that are made at once, one is good", async () => {
  const bea = await person();
  const outcomes = await raceAt(hub.database, `select from admin_users where id = '${bea.id}' for update`, [
    () => createReset(bea.id),
    () => createReset(bea.id),
  ]);
  const tokens = outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value.token : ""));
  const opens = await Promise.all(tokens.map((token) => refusalCode(view(token))));
  expect(opens.toSorted()).toEqual(["token_invalid", undefined]);
});

test("a link ends with the account, and with its maker's rights", async () => {
  const bea = await person();
  const { token } = await createReset(bea.id);
  const { sql } = hub.database;
  await sql.query("update admin_users set deactivated_at = now() where id = $1", [bea.id]);
  expect(await refusalCode(spendReset(token))).toBe("token_invalid");
  expect(await refusalCode(createReset(bea.id))).toBe("user_deactivated");
  await sql.query("update admin_users set deactivated_at = null where id = $1", [bea.id]);
  await sql.query("update admin_users set role = 'viewer' where role = 'admin'");
  expect(await refusalCode(spendReset(token))).toBe("token_invalid");
  await sql.query("update admin_users set role = 'admin' where email = 'ada@example.org'");
  expect((await spendReset(token)).user.id).toBe(bea.id);
  expect(await refusalCode(createReset("5b2e7c10-0000-4000-8000-000000000000"))).toBe("user_not_found");
});
