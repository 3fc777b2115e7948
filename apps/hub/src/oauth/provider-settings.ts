import type { OauthKind } from "@orchestratia/protocol/oauth";

/** A provider as it is set up, but for its secret. */
export interface ProviderSettings {
  id: string;
  kind: OauthKind;
  name: string;
  /** The OIDC issuer; of GitHub where its pages are. Without a slash at the end, unless it was given with one. */
  issuer: string;
  clientId: string;
  /** Whose verified address is in one of these is given an account. */
  allowedDomains: readonly string[];
  /** Whether a verified address is enough to be the account that has it. */
  linkVerifiedEmail: boolean;
  enabled: boolean;
}

/** One that the environment sets. */
export interface ConfiguredProvider extends ProviderSettings {
  clientSecret: string;
}

export const DEFAULT_NAMES: Readonly<Record<OauthKind, string>> = {
  google: "Google",
  github: "GitHub",
  oidc: "Single sign-on",
};

/** Where each kind is, unless somebody says otherwise. */
export const DEFAULT_ISSUERS: Readonly<Partial<Record<OauthKind, string>>> = {
  google: "https://accounts.google.com",
  github: "https://github.com",
};
