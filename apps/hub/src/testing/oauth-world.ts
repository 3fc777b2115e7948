import { randomUUID } from "node:crypto";
import type { NewOauthProvider } from "@orchestratia/protocol/oauth";
import { createOauthProvider, linkIdentity } from "@orchestratia/protocol/operations/oauth";
import type { z } from "zod";
import { hashPassword } from "../users/passwords.ts";
import { type OidcAccount, type OidcServer, startOidcServer } from "./oidc-server.ts";
import { TestBrowser, type Visited } from "./test-browser.ts";
import { startTestHub, type TestHub } from "./test-hub.ts";

/** A hub, one real provider of OpenID Connect, and browsers that come by. */
export interface OauthWorld extends AsyncDisposable {
  readonly hub: TestHub;
  readonly oidc: OidcServer;
  /** Sets the provider up in the hub once more, under another id and with other rules. */
  addProvider(rules?: Partial<z.input<typeof NewOauthProvider>>): Promise<string>;
  /** Somebody of that account at the provider signs in to the hub. */
  come(provider: string, account: OidcAccount, query?: Record<string, string>): Promise<Came>;
  /** Whoever has signed in with the browser links that account of the provider to their own. */
  link(browser: TestBrowser, provider: string, account: OidcAccount): Promise<Visited>;
  /** Somebody with a password, whose address an admin vouched for. */
  addUser(about?: { email?: string; deactivated?: boolean }): Promise<{ id: string; email: string }>;
}

export interface Came {
  browser: TestBrowser;
  /** Where the browser is now, without the hub's address. */
  at: string;
  /** The code that the sign-in page was given. */
  problem: string | null;
  /** Undefined: nobody has signed in. */
  user: { id: string; email: string; name: string; role: string } | undefined;
}

export const PASSWORD = "correct horse battery";

const MOST_PROVIDERS = 20;

export async function openOauthWorld(): Promise<OauthWorld> {
  const hub = await startTestHub();
  const admin = await hub.admin();
  const ids = Array.from({ length: MOST_PROVIDERS }, (_, n) => `idp-${n}`);
  const redirectUris = ids.map((id) => `${hub.url}/api/v1/auth/oauth/${id}/callback`);
  const oidc = await startOidcServer({ redirectUris });
  const passwordHash = await hashPassword(PASSWORD);
  const free = [...ids];
  return {
    hub,
    oidc,
    async addProvider(rules = {}) {
      const id = free.shift();
      if (id === undefined) throw new Error(`more than ${MOST_PROVIDERS} providers`);
      const { issuer, clientId: client_id, clientSecret: client_secret } = oidc;
      await admin.call(createOauthProvider, {
        body: { kind: "oidc", issuer, client_id, client_secret, ...rules, id },
      });
      return id;
    },
    async come(provider, account, query = {}) {
      oidc.account = account;
      const browser = new TestBrowser();
      const { url } = await browser.visit(
        `${hub.url}/api/v1/auth/oauth/${provider}/start?${new URLSearchParams(query)}`,
      );
      const problem = url.searchParams.get("problem");
      return { browser, at: url.href.replace(hub.url, ""), problem, user: (await meOf(hub, browser))?.user };
    },
    async link(browser, provider, account) {
      oidc.account = account;
      const { csrf_token } = (await meOf(hub, browser)) ?? {};
      const response = await browser.fetch(new URL(linkIdentity.path.replace(":provider", provider), hub.url), {
        method: "POST",
        headers: { "content-type": "application/json", origin: hub.url, "x-csrf-token": csrf_token ?? "" },
        body: JSON.stringify({ next: "/account" }),
      });
      const { location, detail } = (await response.json()) as { location?: string; detail?: string };
      if (location === undefined) throw new Error(detail);
      return browser.visit(location);
    },
    async addUser({ email = `${randomUUID()}@example.org`, deactivated = false } = {}) {
      const [row] = await hub.database.sql.query<{ id: string }>(
        `insert into admin_users (email, name, role, password_hash, email_proven_at, deactivated_at)
         values ($1, 'Ada', 'viewer', $2, now(), case when $3 then now() end) returning id`,
        [email, passwordHash, deactivated],
      );
      return { id: row?.id ?? "", email };
    },
    async [Symbol.asyncDispose]() {
      await oidc[Symbol.asyncDispose]();
      await hub[Symbol.asyncDispose]();
    },
  };
}

/** Whoever a browser has signed in as; undefined: nobody. */
export async function meOf(
  hub: TestHub,
  browser: TestBrowser,
): Promise<{ user: NonNullable<Came["user"]>; csrf_token: string } | undefined> {
  const response = await browser.fetch(new URL("/api/v1/auth/me", hub.url));
  return response.ok ? ((await response.json()) as Awaited<ReturnType<typeof meOf>>) : undefined;
}

/** Somebody new at the provider, whose address it has checked. */
export const newAccount = (about: Partial<OidcAccount> = {}): OidcAccount => ({
  sub: randomUUID(),
  email: `${randomUUID()}@example.org`,
  email_verified: true,
  name: "Bea",
  ...about,
});
