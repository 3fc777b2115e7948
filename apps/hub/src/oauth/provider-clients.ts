import { Problem } from "@orchestratia/protocol/problems";
import * as openid from "openid-client";
import type { Logger } from "pino";
import { SealError } from "../secrets/secret-box.ts";
import { githubAuthorizationUrl, githubConfiguration, githubProfile } from "./github-client.ts";
import { discoverOidc, oidcAuthorizationUrl, oidcProfile } from "./oidc-provider-client.ts";
import type { Challenge, Profile } from "./profile.ts";
import type { KnownProvider } from "./providers.ts";

/** After so long a provider is asked again what it says of itself. */
const KEPT_MS = 60 * 60_000;

interface Kept {
  settings: string;
  at: number;
  configuration: Promise<openid.Configuration>;
}

/** Asks providers. What goes wrong there is logged with its reason, and told to people without it. */
export class ProviderClients {
  readonly #log: Logger;
  readonly #kept = new Map<string, Kept>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Where the browser is sent to. Throws provider_unavailable. */
  async authorizationUrl(provider: KnownProvider, challenge: Challenge, redirectUri: string): Promise<string> {
    return this.#asking(provider, async (configuration) =>
      provider.kind === "github"
        ? githubAuthorizationUrl(configuration, challenge, redirectUri)
        : oidcAuthorizationUrl(configuration, challenge, redirectUri),
    );
  }

  /** Who came back with a code. Throws oauth_failed, oauth_cancelled or provider_unavailable. */
  async profile(provider: KnownProvider, answer: { challenge: Challenge; callback: URL }): Promise<Profile> {
    return this.#asking(provider, async (configuration) =>
      provider.kind === "github"
        ? githubProfile(configuration, provider, answer)
        : oidcProfile(configuration, provider, answer),
    );
  }

  async #asking<T>(provider: KnownProvider, ask: (configuration: openid.Configuration) => Promise<T>): Promise<T> {
    try {
      return await ask(await this.#configuration(provider));
    } catch (error) {
      const problem = problemOf(error, provider);
      // Only its words: around them may be what the provider said of somebody.
      const about = { provider: provider.id, reason: reasonOf(error) };
      if (problem.code !== "oauth_cancelled") this.#log.warn(about, "a sign-in with a provider failed");
      throw problem;
    }
  }

  async #configuration(provider: KnownProvider): Promise<openid.Configuration> {
    const { id, kind, issuer, clientId, clientSecret } = provider;
    const settings = JSON.stringify([kind, issuer, clientId, clientSecret()]);
    const kept = this.#kept.get(id);
    if (kept?.settings === settings && Date.now() - kept.at < KEPT_MS) return kept.configuration;
    const configuration = kind === "github" ? Promise.resolve(githubConfiguration(provider)) : discoverOidc(provider);
    const asked = { settings, at: Date.now(), configuration };
    this.#kept.set(id, asked);
    try {
      return await configuration;
    } catch (error) {
      if (this.#kept.get(id) === asked) this.#kept.delete(id);
      throw error;
    }
  }
}

function problemOf(error: unknown, { name }: KnownProvider): Problem {
  if (error instanceof openid.AuthorizationResponseError && error.error === "access_denied") {
    return new Problem("oauth_cancelled", `${name} was not allowed to say who you are.`);
  }
  if (error instanceof SealError || isOutOfReach(error)) {
    return new Problem("provider_unavailable", `${name} cannot be asked now. Try again, or sign in another way.`);
  }
  return new Problem("oauth_failed", `${name} did not confirm who you are. Try again.`);
}

const OUT_OF_REACH = ["OAUTH_TIMEOUT", "OAUTH_ABORT", "OAUTH_RESPONSE_IS_NOT_CONFORM", "OAUTH_RESPONSE_IS_NOT_JSON"];

function isOutOfReach(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === "TimeoutError" || error.message === "fetch failed") return true;
  return "code" in error && OUT_OF_REACH.includes(String(error.code));
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof openid.ResponseBodyError) return `${error.error}: ${error.error_description ?? error.status}`;
  const { cause } = error;
  const inner = cause instanceof Error ? ` (${cause.message})` : "";
  return `${error.message}${inner}`.slice(0, 500);
}
