import * as openid from "openid-client";
import { z } from "zod";
import type { Challenge, Profile } from "./profile.ts";
import type { KnownProvider } from "./providers.ts";

const TIMEOUT_MS = 10_000;
const SCOPE = "read:user user:email";

const GithubUser = z.object({ id: z.number().int().positive(), login: z.string(), name: z.string().nullish() });
const GithubEmails = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }));

/** GitHub speaks OAuth 2 and not OpenID Connect: it says nothing of itself, so what it would say is written here. */
export function githubConfiguration({ issuer, clientId, clientSecret }: KnownProvider): openid.Configuration {
  const secret = clientSecret();
  const base = issuer.replace(/\/+$/, "");
  const configuration = new openid.Configuration(
    {
      // What its answers call it (RFC 9207), where they do.
      issuer: `${base}/login/oauth`,
      authorization_endpoint: `${base}/login/oauth/authorize`,
      token_endpoint: `${base}/login/oauth/access_token`,
    },
    clientId,
    secret,
    openid.ClientSecretPost(secret),
  );
  configuration.timeout = TIMEOUT_MS / 1000;
  if (base.startsWith("http:")) openid.allowInsecureRequests(configuration);
  return configuration;
}

export async function githubAuthorizationUrl(
  configuration: openid.Configuration,
  { state, codeVerifier }: Challenge,
  redirectUri: string,
): Promise<string> {
  return openid.buildAuthorizationUrl(configuration, {
    redirect_uri: redirectUri,
    scope: SCOPE,
    state,
    code_challenge: await openid.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: "S256",
  }).href;
}

/** Who came back at `callback`. Throws whatever openid-client or fetch throws, or an error for an answer that is not GitHub's. */
export async function githubProfile(
  configuration: openid.Configuration,
  { issuer }: KnownProvider,
  { challenge, callback }: { challenge: Challenge; callback: URL },
): Promise<Profile> {
  const { access_token } = await openid.authorizationCodeGrant(configuration, callback, {
    expectedState: challenge.state,
    pkceCodeVerifier: challenge.codeVerifier,
  });
  const [user, emails] = await Promise.all([
    ask(issuer, "/user", access_token, GithubUser),
    ask(issuer, "/user/emails", access_token, GithubEmails),
  ]);
  const primary = emails.find((email) => email.primary);
  return {
    issuer: issuer.replace(/\/+$/, ""),
    subject: String(user.id),
    email: primary?.email,
    isEmailVerified: primary?.verified ?? false,
    name: user.name?.trim() || user.login,
  };
}

async function ask<T>(issuer: string, path: string, accessToken: string, schema: z.ZodType<T>): Promise<T> {
  const response = await fetch(`${apiOf(issuer)}${path}`, {
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${accessToken}`,
      "user-agent": "orchestratia-hub",
    },
    redirect: "error",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`GitHub answered ${response.status} to ${path}`);
  return schema.parse(await response.json());
}

/** github.com and GitHub's own clouds have an address for it; an Enterprise Server has it below its own. */
function apiOf(issuer: string): string {
  const { protocol, host, hostname } = new URL(issuer);
  if (hostname === "github.com") return "https://api.github.com";
  if (hostname.endsWith(".ghe.com")) return `https://api.${host}`;
  return `${protocol}//${host}/api/v3`;
}
