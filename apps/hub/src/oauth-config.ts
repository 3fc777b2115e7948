import { IssuerUrl, MailDomain, OauthKind } from "@orchestratia/protocol/oauth";
import { z } from "zod";
import { type ConfiguredProvider, DEFAULT_ISSUERS, DEFAULT_NAMES } from "./oauth/provider-settings.ts";

const flag = z.stringbool({ truthy: ["1", "true", "yes", "on"], falsy: ["0", "false", "no", "off"] });
const domains = z
  .string()
  .transform((text) => text.split(",").map((domain) => domain.trim()))
  .pipe(z.array(MailDomain));

/** What may follow `OAUTH_GOOGLE_`, `OAUTH_GITHUB_` and `OAUTH_OIDC_`. */
const Settings = z.object({
  CLIENT_ID: z.string(),
  CLIENT_SECRET: z.string(),
  ISSUER: IssuerUrl.optional(),
  NAME: z.string().trim().min(1).max(60).optional(),
  ALLOWED_DOMAINS: domains.default([]),
  LINK_VERIFIED_EMAIL: flag.default(false),
});

/** The providers that the environment sets, and what is wrong with it: a line for each variable. */
export function readConfiguredProviders(environment: Record<string, string | undefined>): {
  providers: ConfiguredProvider[];
  faults: string[];
} {
  const providers: ConfiguredProvider[] = [];
  const faults: string[] = [];
  for (const kind of OauthKind.options) {
    const prefix = `OAUTH_${kind.toUpperCase()}_`;
    const given = Object.entries(environment).flatMap(([name, value]) =>
      name.startsWith(prefix) && value !== undefined ? [[name.slice(prefix.length), value] as const] : [],
    );
    // Other programs may have variables that begin like these.
    if (!given.some(([name]) => name.startsWith("CLIENT_"))) continue;
    const { data, error } = z.strictObject(Settings.shape).safeParse(Object.fromEntries(given));
    const issuer = data?.ISSUER ?? DEFAULT_ISSUERS[kind];
    for (const issue of error?.issues ?? []) {
      const names = issue.code === "unrecognized_keys" ? issue.keys : [String(issue.path[0])];
      for (const name of names) faults.push(`${prefix}${name}: ${sentence(issue)}`);
    }
    if (data && issuer === undefined) faults.push(`${prefix}ISSUER: must be set`);
    if (!data || issuer === undefined) continue;
    providers.push({
      id: kind,
      kind,
      name: data.NAME ?? DEFAULT_NAMES[kind],
      issuer,
      clientId: data.CLIENT_ID,
      clientSecret: data.CLIENT_SECRET,
      allowedDomains: data.ALLOWED_DOMAINS,
      linkVerifiedEmail: data.LINK_VERIFIED_EMAIL,
      enabled: true,
    });
  }
  return { providers, faults };
}

function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") return "is no setting of the hub";
  return issue.code === "invalid_type" ? "must be set" : issue.message;
}
