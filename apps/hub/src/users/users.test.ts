import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { acceptInvitation, createInvitation } from "@orchestratia/protocol/operations/invitations";
import * as people from "@orchestratia/protocol/operations/people";
import { afterAll, beforeAll, expect, test } from "vitest";
import { secretHash } from "../access/secret-hash.ts";
import { raceAt } from "../testing/race-at.ts";
import { ADMIN, startTestHub, type TestHub } from "../testing/test-hub.ts";
import { refusal, refusalCode } from "../testing/test-team.ts";
import { until } from "../testing/until.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

const permissions = async (file: string) => ((await stat(path.join(hub.home, file))).mode & 0o777).toString(8);

test("the set-up link serves once: of two that race, one becomes the admin", async () => {
  const link = hub.hub.setupLink ?? "";
  expect(link).toMatch(new RegExp(`^${hub.url}/setup\\?token=`));
  const token = hub.setupToken();
  expect(await hub.client().call(people.setupState)).toEqual({ needed: true });
  const setUp = (given: string, email: string) =>
    hub.client().call(people.setup, { body: { ...ADMIN, token: given, email } });
  expect(await refusalCode(setUp("not the token", "eve@example.org"))).toBe("token_invalid");

  // Both have found the token open when it is held: only the guard in the update can tell them apart.
  const gate = await hub.database.pool.connect();
  await gate.query("begin");
  await gate.query("select from hub.setup_tokens for update");
  const racing = Promise.allSettled([setUp(token, ADMIN.email), setUp(token, "eve@example.org")]);
  await waitForWaiting(2);
  await gate.query("commit");
  gate.release();

  const outcomes = await racing;
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect(outcomes.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "setup_done" } });
  const won = outcomes.find((outcome) => outcome.status === "fulfilled")?.value;
  expect(won).toMatchObject({ user: { role: "admin", name: ADMIN.name } });
  const admins = await hub.database.sql.query("select email, role, password_hash from admin_users");
  expect(admins).toEqual([
    {
      email: won?.user.email,
      role: "admin",
      password_hash: expect.stringMatching(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/),
    },
  ]);
  expect(await hub.client().call(people.setupState)).toEqual({ needed: false });
  expect(await refusalCode(setUp(token, "eve@example.org"))).toBe("setup_done");
  await hub.database.sql.query("update admin_users set email = $1", [ADMIN.email]);
});

test("the set-up link ends with the first admin, also when an invitation makes them", async () => {
  await using own = await startTestHub();
  const token = own.setupToken();
  const setUp = () =>
    refusalCode(own.client().call(people.setup, { body: { ...ADMIN, email: "eve@example.org", token } }));
  const { token: invitation } = await (await own.system()).call(createInvitation, { body: { role: "admin" } });
  const join = () => refusalCode(own.client().call(acceptInvitation, { body: { ...ADMIN, token: invitation } }));
  // Whoever opens the link while the invitation is taken waits for what comes of that.
  const gate = "lock table admin_users in share row exclusive mode";
  const [joined, refused] = await raceAt(own.database, gate, [
    join,
    async () => {
      await until(async () => {
        const [row] = await own.database.sql.query<{ n: number }>(
          "select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        );
        return row?.n === 1;
      });
      return setUp();
    },
  ]);
  expect(joined).toEqual({ status: "fulfilled", value: undefined });
  expect(refused).toEqual({ status: "fulfilled", value: "setup_done" });
  expect(await setUp()).toBe("setup_done");

  // A link that is open although the hub has its admin opens nothing, and is gone from the next start on.
  const { sql } = own.database;
  await sql.query("update hub.setup_tokens set used_at = null");
  await sql.query("insert into hub.setup_tokens (token_hash) values ($1) on conflict do nothing", [secretHash(token)]);
  expect(await setUp()).toBe("setup_done");
  expect(await sql.query("select email from admin_users")).toEqual([{ email: ADMIN.email }]);
  await own.stop();
  await own.start();
  expect(await own.database.sql.query("select from hub.setup_tokens where used_at is null")).toEqual([]);
});

async function waitForWaiting(count: number): Promise<void> {
  for (;;) {
    const [row] = await hub.database.sql.query<{ n: number }>(
      "select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    if ((row?.n ?? 0) >= count) return;
  }
}

test("right e-mail and password sign in, in whatever case the address is written", async () => {
  const { user, token, expires_at } = await hub.client().call(people.signIn, {
    body: { email: ADMIN.email.toUpperCase(), password: ADMIN.password },
  });
  expect(user).toMatchObject({ email: ADMIN.email, role: "admin" });
  const hours = (new Date(expires_at).getTime() - Date.now()) / 3_600_000;
  expect(hours).toBeGreaterThan(23.9);
  expect(hours).toBeLessThanOrEqual(24);
  const signedIn = hub.client({ authorization: `Bearer ${token}` });
  expect(await signedIn.call(people.me)).toMatchObject({ user, expires_at });
});

test("a wrong password and an unknown e-mail are refused alike, and slowed down when repeated", async () => {
  const attempt = (email: string) =>
    refusal(hub.client().call(people.signIn, { body: { email, password: "wrong password" } }));
  for (const email of [ADMIN.email, "nobody@example.org"]) {
    const refused = [];
    for (let n = 0; n < 6; n += 1) refused.push((await attempt(email))?.code);
    expect(refused).toEqual([...Array(5).fill("wrong_credentials"), "too_many_requests"]);
  }
  const right = hub.client().call(people.signIn, { body: { email: ADMIN.email, password: ADMIN.password } });
  expect(await refusalCode(right)).toBe("too_many_requests");
  const denied = await hub.database.sql.query("select from activity_log where event_type = 'user.sign_in_denied'");
  expect(denied).toHaveLength(10);
});

test("the machine's own token acts as the hub and is no person", async () => {
  const system = await hub.system();
  expect((await system.call(people.listProjects)).projects).toEqual([]);
  expect(await refusalCode(system.call(people.me))).toBe("forbidden");
});

test("secrets are the owner's alone to read, and the set-up token is gone once it served", async () => {
  expect(await permissions("secrets.json")).toBe("600");
  expect(await permissions("local-token")).toBe("600");
  await expect(stat(path.join(hub.home, "setup-token"))).rejects.toThrow("ENOENT");
});

test("sign-ins, the machine's token and an unused set-up link outlive a restart", async () => {
  await using fresh = await startTestHub();
  const link = fresh.hub.setupLink;
  const token = await readFile(path.join(fresh.home, "setup-token"), "utf8");
  await fresh.stop();
  await fresh.start();
  expect(new URL(fresh.hub.setupLink ?? "").search).toBe(new URL(link ?? "").search);
  expect(await readFile(path.join(fresh.home, "setup-token"), "utf8")).toBe(token);
  const headers = await fresh.adminHeaders();
  await fresh.stop();
  await fresh.start();
  expect(fresh.hub.setupLink).toBeUndefined();
  expect((await fresh.client(headers).call(people.me)).user.email).toBe(ADMIN.email);
  await (await fresh.system()).call(people.listProjects);
});
