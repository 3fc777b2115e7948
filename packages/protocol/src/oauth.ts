import { z } from "zod";
import { Moment } from "./vocabulary.ts";

export const OauthKind = z.enum(["google", "github", "oidc"]).describe("oidc: any issuer of OpenID Connect");
export type OauthKind = z.infer<typeof OauthKind>;

export const OauthProviderId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, "must be lower-case letters, digits and -, beginning with a letter")
  .describe("Part of the address that the provider sends people back to");

/** Encrypted, or never leaving the machine. */
export const IssuerUrl = z
  .url({ protocol: /^https?$/, error: "must be an https URL" })
  .max(500)
  .refine((text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    return url?.protocol === "https:" || /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url?.hostname ?? "");
  }, "must be https, other than on this machine")
  .refine((text) => !/[?#@]/.test(text), "must have no query, fragment or user");

export const MailDomain = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^(?=.{1,253}$)[a-z0-9-]+(\.[a-z0-9-]+)+$/, "must be a domain such as example.org");

const Name = z.string().trim().min(1).max(60).describe("What the button of the sign-in page says");
const ClientId = z.string().trim().min(1).max(500);
const ClientSecret = z.string().trim().min(1).max(2000).describe("Kept sealed; never answered");
const AllowedDomains = z
  .array(MailDomain)
  .max(100)
  .describe("Whoever has a verified address in one of these is given an account as a viewer; none: nobody is");
const LinkVerifiedEmail = z
  .boolean()
  .describe("Whether a verified address is enough to sign in as the account with that address");

/** What the sign-in page shows. */
export const SignInProvider = z
  .object({ id: z.string(), name: z.string(), kind: OauthKind })
  .meta({ id: "SignInProvider" });
export type SignInProvider = z.infer<typeof SignInProvider>;

export const NewOauthProvider = z
  .object({
    id: OauthProviderId,
    kind: OauthKind,
    name: Name.optional(),
    issuer: IssuerUrl.optional().describe(
      "The issuer of OpenID Connect; of GitHub Enterprise its address. Left out for Google and github.com",
    ),
    client_id: ClientId,
    client_secret: ClientSecret,
    allowed_domains: AllowedDomains.default([]),
    link_verified_email: LinkVerifiedEmail.default(false),
    enabled: z.boolean().default(true),
  })
  .meta({
    id: "NewOauthProvider",
    examples: [
      { id: "github", kind: "github", client_id: "Iv1.0123456789abcdef", client_secret: "a secret of GitHub" },
    ],
  });

/** Another kind or issuer is another provider: whoever came from the one is nobody at the other. */
export const OauthProviderChanges = z
  .object({
    name: Name.optional(),
    client_id: ClientId.optional(),
    client_secret: ClientSecret.optional(),
    allowed_domains: AllowedDomains.optional(),
    link_verified_email: LinkVerifiedEmail.optional(),
    enabled: z.boolean().optional(),
  })
  .meta({ id: "OauthProviderChanges" });

export const OauthProvider = z
  .object({
    id: z.string(),
    kind: OauthKind,
    name: z.string(),
    issuer: z.string(),
    client_id: z.string(),
    allowed_domains: z.array(z.string()),
    link_verified_email: z.boolean(),
    enabled: z.boolean(),
    source: z.enum(["environment", "hub"]).describe("environment: set there, and changed only there"),
    callback_url: z.string().describe("The redirect address to enter at the provider"),
    identities: z.number().int().describe("How many accounts of it are linked to somebody"),
    fault: z.string().nullable().describe("Why nobody can sign in with it now; null: nothing is known against it"),
  })
  .meta({ id: "OauthProvider" });
export type OauthProvider = z.infer<typeof OauthProvider>;

/** Who one is at a provider. */
export const LinkedIdentity = z
  .object({
    id: z.uuid(),
    provider: z.string(),
    provider_name: z.string().nullable().describe("null: the hub knows the provider no more"),
    email: z.string().nullable().describe("As the provider said it last"),
    created_at: Moment,
    last_used_at: Moment.nullable(),
  })
  .meta({ id: "LinkedIdentity" });
export type LinkedIdentity = z.infer<typeof LinkedIdentity>;
