import { randomUUID } from "node:crypto";
import { acceptInvitation, createInvitation } from "@orchestratia/protocol/operations/invitations";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newAccount, type OauthWorld, openOauthWorld } from "../testing/oauth-world.ts";
import { raceAt } from "../testing/race-at.ts";
import { TestBrowser } from "../testing/test-browser.ts";
import { ADMIN } from "../testing/test-hub.ts";

let world: OauthWorld;
/** Providers by what is allowed with them: nothing, linking by address, accounts for a domain, both. */
let strict: string;
let trusted: string;
let open: string;
let both: string;
beforeAll(async () => {
  world = await openOauthWorld();
  strict = await world.addProvider();
  trusted = await world.addProvider({ link_verified_email: true });
  open = await world.addProvider({ allowed_domains: ["example.org"] });
  both = await world.addProvider({ link_verified_email: true, allowed_domains: ["example.org"] });
});
afterAll(() => world[Symbol.asyncDispose]());

const count = async (sql: string, ...values: unknown[]) => {
  const [row] = await world.hub.database.sql.query<{ n: number }>(`select count(*)::int as n from ${sql}`, values);
  return row?.n;
};
const accountsOf = (email: string | undefined) => count("admin_users where email = $1", email);
const linksOf = (sub: string) => count("hub.oauth_identities where subject = $1", sub);

/** What the audit trail says of somebody, by their address. */
async function facts(email: string | undefined): Promise<{ type: string; details: object }[]> {
  return world.hub.database.sql.query(
    `select event_type as type, details from activity_log
     where details->>'email' = $1 or actor->>'id' in (select id::text from admin_users where email = $1) order by seq`,
    [email],
  );
}

const signedIn = (provider: string) => ({ provider, sign_in_id: expect.any(String), address: "127.0.0.1" });

describe("whoever is linked", () => {
  test("signs in as that account, whatever their address or name is there by now", async () => {
    const account = newAccount();
    const first = await world.come(open, account);
    const again = await world.come(open, { sub: account.sub, email: "new@elsewhere.example", name: "Other" });
    expect(again.user).toEqual(first.user);
    expect(again.user).toMatchObject({ email: account.email, name: "Bea", role: "viewer" });
    expect(await linksOf(account.sub)).toBe(1);
  });

  test("is nobody at another provider, also one of the same issuer", async () => {
    const account = newAccount();
    await world.come(open, account);
    expect(await world.come(strict, account)).toMatchObject({ user: undefined, problem: "not_invited" });
  });

  test("is nobody when the provider of that name is another issuer by now", async () => {
    const account = newAccount();
    await world.come(open, account);
    const moved = "update hub.oauth_identities set issuer = 'https://elsewhere.example' where subject = $1";
    await world.hub.database.sql.query(moved, [account.sub]);
    expect(await world.come(open, account)).toMatchObject({ user: undefined, problem: "email_taken" });
  });

  test("is refused when the account is deactivated", async () => {
    const account = newAccount();
    const { user } = await world.come(open, account);
    await world.hub.database.sql.query("update admin_users set deactivated_at = now() where id = $1", [user?.id]);
    expect(await world.come(open, account)).toMatchObject({ user: undefined, problem: "user_deactivated" });
    expect((await facts(account.email)).at(-1)).toEqual({
      type: "user.sign_in_denied",
      details: { email: account.email, address: "127.0.0.1", provider: open, problem: "user_deactivated" },
    });
  });
});

describe("without any rule", () => {
  test("nobody gets in or gets an account, and it is recorded", async () => {
    const account = newAccount();
    const came = await world.come(strict, account);
    expect(came).toMatchObject({ user: undefined, problem: "not_invited", at: "/login?problem=not_invited" });
    expect(await accountsOf(account.email)).toBe(0);
    expect(await facts(account.email)).toEqual([
      {
        type: "user.sign_in_denied",
        details: { email: account.email, address: "127.0.0.1", provider: strict, problem: "not_invited" },
      },
    ]);
  });

  test("an address that has an account here makes no difference", async () => {
    const { email } = await world.addUser();
    expect(await world.come(strict, newAccount({ email }))).toMatchObject({ user: undefined, problem: "not_invited" });
  });
});

describe("where a verified address links", () => {
  test("it is the account with that address, in whatever case, from then on by who they are", async () => {
    const { id, email } = await world.addUser();
    const account = newAccount({ email: email.toUpperCase() });
    expect((await world.come(trusted, account)).user).toMatchObject({ id, email, name: "Ada" });
    expect((await world.come(trusted, { sub: account.sub })).user).toMatchObject({ id });
    expect(await facts(email)).toEqual([
      { type: "user.identity_linked", details: { user_id: id, email, provider: trusted } },
      { type: "user.signed_in", details: signedIn(trusted) },
      { type: "user.signed_in", details: signedIn(trusted) },
    ]);
  });

  test("it is not the account of whoever only said that the address is theirs", async () => {
    const admin = await world.hub.admin();
    const account = newAccount();
    const { token } = await admin.call(createInvitation, { body: { role: "admin" } });
    const password = "correct horse battery";
    await world.hub.client().call(acceptInvitation, {
      body: { token, name: "Eve", email: account.email ?? "", password },
    });
    for (const provider of [trusted, both]) {
      expect(await world.come(provider, account)).toMatchObject({ user: undefined, problem: "email_taken" });
    }
    expect(await linksOf(account.sub)).toBe(0);
    expect((await facts(account.email)).at(-1)).toMatchObject({
      type: "user.sign_in_denied",
      details: { problem: "email_taken", provider: both },
    });

    // Whoever can sign in to it another way and links the provider that answers for the address has proven it.
    const browser = new TestBrowser();
    await browser.fetch(new URL("/api/v1/auth/login", world.hub.url), {
      method: "POST",
      headers: { "content-type": "application/json", origin: world.hub.url },
      body: JSON.stringify({ email: account.email, password }),
    });
    await world.link(browser, strict, account);
    expect((await world.come(trusted, account)).user).toMatchObject({ email: account.email, name: "Eve" });
  });

  test.each([
    ["is proven by an admin's invitation that names it", "admin", true],
    ["is not proven by an owner's invitation that names it", "viewer", false],
  ] as const)("an address %s", async (_, inviterRole, isProven) => {
    const account = newAccount();
    const email = account.email ?? "";
    const project = await world.hub.project();
    const inviter = await world.addUser();
    const { sql } = world.hub.database;
    const { token, id } = await (await world.hub.admin()).call(createInvitation, {
      body: { email, project: project.key, project_role: "member" },
    });
    await sql.query("update admin_users set role = $2 where id = $1", [inviter.id, inviterRole]);
    await sql.query("insert into project_members (project_id, user_id, role) values ($1, $2, 'owner')", [
      project.id,
      inviter.id,
    ]);
    await sql.query("update hub.invitations set invited_by = $2 where id = $1", [id, inviter.id]);
    await world.hub.client().call(acceptInvitation, {
      body: { token, name: "Bea", password: "correct horse battery" },
    });
    const came = await world.come(trusted, account);
    expect(came.problem).toBe(isProven ? null : "email_taken");
    expect(came.user?.email).toBe(isProven ? email : undefined);
  });

  test("an account that a provider's verified address made is linked at another one, and the first admin's too", async () => {
    const [guest, newcomer] = [newAccount(), newAccount()];
    const { token } = await (await world.hub.admin()).call(createInvitation, { body: {} });
    const { user } = await world.come(strict, guest, { invitation: token });
    expect((await world.come(trusted, guest)).user).toEqual(user);
    const { user: viewer } = await world.come(open, newcomer);
    expect((await world.come(trusted, newcomer)).user).toEqual(viewer);
    expect((await world.come(trusted, newAccount({ email: ADMIN.email }))).user).toMatchObject({ role: "admin" });
  });

  test.each([
    ["not verified", { email_verified: false }],
    ["not said to be verified", { email_verified: undefined }],
  ])("an address that is %s links nothing", async (_, about) => {
    const { email } = await world.addUser();
    const { sub, ...account } = newAccount({ email });
    const came = await world.come(trusted, { ...account, ...about, sub } as typeof account & { sub: string });
    expect(came).toMatchObject({ user: undefined, problem: "email_unverified" });
    expect(await linksOf(sub)).toBe(0);
  });

  test("an address without an account makes none", async () => {
    const account = newAccount();
    expect(await world.come(trusted, account)).toMatchObject({ user: undefined, problem: "not_invited" });
    expect(await accountsOf(account.email)).toBe(0);
  });

  test("a deactivated account stays closed, and is not linked", async () => {
    const { email } = await world.addUser({ deactivated: true });
    const account = newAccount({ email });
    expect(await world.come(trusted, account)).toMatchObject({ user: undefined, problem: "user_deactivated" });
    expect(await linksOf(account.sub)).toBe(0);
  });
});

describe("where a domain is allowed", () => {
  test("whoever has a verified address in it becomes a viewer", async () => {
    const account = newAccount();
    const { user } = await world.come(open, account);
    expect(user).toMatchObject({ email: account.email, name: "Bea", role: "viewer" });
    const details = { user_id: user?.id, email: account.email, provider: open };
    expect(await facts(account.email)).toEqual([
      { type: "user.created", details: { email: account.email } },
      { type: "user.identity_linked", details },
      { type: "user.signed_in", details: signedIn(open) },
    ]);
    const made = "hub.sign_ins s join activity_log a on a.details->>'sign_in_id' = s.id::text where s.user_id = $1";
    expect(await count(made, user?.id)).toBe(1);
  });

  test.each([
    "example.com",
    "sub.example.org",
    "example.org.evil.example",
    "notexample.org",
    '"@example.org"@evil.example',
  ])("%s is another one", async (domain) => {
    const account = newAccount({ email: `${randomUUID()}@${domain}` });
    expect(await world.come(open, account)).toMatchObject({ user: undefined, problem: "not_invited" });
    expect(await accountsOf(account.email)).toBe(0);
  });

  test("an address that is not verified is in no domain", async () => {
    const account = newAccount({ email_verified: false });
    expect(await world.come(open, account)).toMatchObject({ user: undefined, problem: "email_unverified" });
    expect(await accountsOf(account.email)).toBe(0);
  });

  test("an account that has the address already is not taken over; both rules together link it", async () => {
    const { id, email } = await world.addUser();
    const account = newAccount({ email });
    expect(await world.come(open, account)).toMatchObject({ user: undefined, problem: "email_taken" });
    expect(await linksOf(account.sub)).toBe(0);
    expect((await world.come(both, account)).user).toMatchObject({ id });
    expect((await world.come(both, newAccount())).user).toMatchObject({ role: "viewer" });
  });

  test("two browsers that come for the first time at once make one account", async () => {
    const account = newAccount();
    const come = () => world.come(open, account);
    const outcomes = await raceAt(world.hub.database, "lock table admin_users in share row exclusive mode", [
      come,
      come,
    ]);
    const users = outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value.user : outcome.reason));
    expect(users[0]).toMatchObject({ email: account.email });
    expect(users[1]).toEqual(users[0]);
    expect(await linksOf(account.sub)).toBe(1);
  });
});

describe("with an invitation", () => {
  const invite = async (body: Parameters<typeof createInvitation.body.parse>[0] = {}) =>
    (await (await world.hub.admin()).call(createInvitation, { body: body as object })).token;

  test("it is accepted with all that it offers, whatever the provider is allowed", async () => {
    const project = await world.hub.project();
    const account = newAccount();
    const invitation = await invite({
      email: account.email,
      role: "admin",
      project: project.key,
      project_role: "owner",
    });
    const came = await world.come(strict, account, { invitation, next: "/projects" });
    expect(came).toMatchObject({ at: "/projects", user: { email: account.email, role: "admin" } });
    expect(await count("project_members where user_id = $1 and role = 'owner'", came.user?.id)).toBe(1);
    expect((await world.come(strict, { sub: account.sub })).user).toEqual(came.user);
    const types = (await facts(account.email)).map(({ type }) => type);
    expect(types).toContain("invitation.accepted");
    expect(types).toContain("user.identity_linked");
  });

  test("it serves once, and one that is no good lets nobody in by another rule either", async () => {
    const invitation = await invite();
    expect((await world.come(strict, newAccount(), { invitation })).user).toBeDefined();
    const late = newAccount();
    expect(await world.come(both, late, { invitation })).toMatchObject({ user: undefined, problem: "token_invalid" });
    expect(await accountsOf(late.email)).toBe(0);
  });

  test("one for another address is refused, and stays good", async () => {
    const account = newAccount();
    const invitation = await invite({ email: account.email });
    expect(await world.come(strict, newAccount(), { invitation })).toMatchObject({
      user: undefined,
      problem: "forbidden",
    });
    expect((await world.come(strict, account, { invitation })).user).toMatchObject({ email: account.email });
  });

  test("an address that is not verified counts only if the invitation names it", async () => {
    const account = newAccount({ email_verified: false });
    const toAnybody = { invitation: await invite() };
    expect(await world.come(strict, account, toAnybody)).toMatchObject({
      user: undefined,
      problem: "email_unverified",
    });
    const toThem = { invitation: await invite({ email: account.email }) };
    expect((await world.come(strict, account, toThem)).user).toMatchObject({ email: account.email });
  });

  test("whoever tells no address at all is not let in", async () => {
    const came = await world.come(strict, { sub: randomUUID(), name: "Bea" }, { invitation: await invite() });
    expect(came).toMatchObject({ user: undefined, problem: "email_unverified" });
  });

  test("an address that has an account is not taken over by it", async () => {
    const { email } = await world.addUser();
    const came = await world.come(strict, newAccount({ email }), { invitation: await invite({ email }) });
    expect(came).toMatchObject({ user: undefined, problem: "email_taken" });
  });

  test("whoever is linked already signs in and is shown the invitation, which stays good", async () => {
    const account = newAccount();
    const { user } = await world.come(open, account);
    const invitation = await invite();
    const came = await world.come(open, account, { invitation });
    expect(came).toMatchObject({ user, at: `/invite?token=${invitation}` });
    expect((await world.come(strict, newAccount(), { invitation })).user).toBeDefined();
  });
});
