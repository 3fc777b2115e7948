import * as openid from "openid-client";
import type { Challenge, Profile } from "./profile.ts";
import type { KnownProvider } from "./providers.ts";

const TIMEOUT_S = 10;
const SCOPE = "openid email profile";
const TEXT_LIMIT = 500;

/** Reads what the provider says of itself. Throws whatever openid-client throws. */
export async function discoverOidc({ issuer, clientId, clientSecret }: KnownProvider): Promise<openid.Configuration> {
  const secret = clientSecret();
  const url = new URL(issuer);
  const execute = url.protocol === "http:" ? [openid.allowInsecureRequests] : [];
  const found = await openid.discovery(url, clientId, secret, undefined, { execute, timeout: TIMEOUT_S });
  // Basic is what the standard says where a provider says nothing, and what strict ones insist on.
  const methods = found.serverMetadata().token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
  const authentication = methods.includes("client_secret_basic")
    ? openid.ClientSecretBasic(secret)
    : openid.ClientSecretPost(secret);
  const configuration = new openid.Configuration(found.serverMetadata(), clientId, secret, authentication);
  configuration.timeout = TIMEOUT_S;
  for (const prepare of execute) prepare(configuration);
  // The token comes straight from the provider; its signature is checked all the same.
  openid.enableNonRepudiationChecks(configuration);
  return configuration;
}

/** Where the browser is sent to. */
export async function oidcAuthorizationUrl(
  configuration: openid.Configuration,
  { state, nonce, codeVerifier }: Challenge,
  redirectUri: string,
): Promise<string> {
  return openid.buildAuthorizationUrl(configuration, {
    redirect_uri: redirectUri,
    scope: SCOPE,
    state,
    nonce,
    code_challenge: await openid.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: "S256",
  }).href;
}

/** Who came back at `callback`, the address with its code. Throws whatever openid-client throws. */
export async function oidcProfile(
  configuration: openid.Configuration,
  { kind }: KnownProvider,
  { challenge, callback }: { challenge: Challenge; callback: URL },
): Promise<Profile> {
  const tokens = await openid.authorizationCodeGrant(configuration, callback, {
    expectedState: challenge.state,
    expectedNonce: challenge.nonce,
    pkceCodeVerifier: challenge.codeVerifier,
    idTokenExpected: true,
  });
  const claims = tokens.claims();
  if (!claims) throw new Error("an ID token was asked for and there is none");
  // Many providers tell the address to whoever asks, and do not put it into the token.
  const told = claims.email === undefined ? await userInfo(configuration, tokens.access_token, claims.sub) : {};
  const about = { ...told, ...claims };
  const email = textOf(about.email);
  return {
    issuer: claims.iss,
    subject: claims.sub,
    email,
    isEmailVerified: about.email_verified === true && (kind !== "google" || isGoogleSure(email, textOf(about.hd))),
    name: textOf(about.name) ?? textOf(about.preferred_username),
  };
}

async function userInfo(
  configuration: openid.Configuration,
  accessToken: string,
  subject: string,
): Promise<Record<string, unknown>> {
  if (configuration.serverMetadata().userinfo_endpoint === undefined) return {};
  return { ...(await openid.fetchUserInfo(configuration, accessToken, subject)) };
}

/**
 * Google checks other people's addresses once, when the account is made, and an address may have changed hands since. It
 * answers for its own and for those of organisations that it hosts ("Google is authoritative", in its guide to ID tokens).
 */
const isGoogleSure = (email: string | undefined, hostedDomain: string | undefined): boolean =>
  email?.toLowerCase().endsWith("@gmail.com") === true || hostedDomain !== undefined;

const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value.trim() !== "" ? value.trim().slice(0, TEXT_LIMIT) : undefined;
