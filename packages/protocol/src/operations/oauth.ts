import { z } from "zod";
import {
  LinkedIdentity,
  NewOauthProvider,
  OauthProvider,
  OauthProviderChanges,
  OauthProviderId,
  SignInProvider,
} from "../oauth.ts";
import { operation } from "../operation.ts";

const tag = "sign in with";
const OfProvider = z.object({ provider: OauthProviderId });
const Next = z.string().max(500).describe("The path to go on at; only of this hub");

export const listSignInProviders = operation({
  id: "listSignInProviders",
  door: "public",
  access: "anyone",
  tag,
  method: "GET",
  path: "/api/v1/auth/providers",
  summary: "What people can sign in with besides a password",
  response: z.object({ providers: z.array(SignInProvider) }),
});

export const startOauth = operation({
  id: "startOauth",
  door: "public",
  access: "anyone",
  tag,
  method: "GET",
  path: "/api/v1/auth/oauth/:provider/start",
  summary: "Send the browser to the provider; what goes wrong sends it to `/login?problem=<code>`",
  params: z.object({ provider: z.string() }),
  query: z.object({
    next: Next.optional(),
    invitation: z.string().max(200).optional().describe("The token of an invitation that is to be accepted"),
  }),
  response: z.null(),
  redirects: true,
});

export const finishOauth = operation({
  id: "finishOauth",
  door: "public",
  access: "anyone",
  tag,
  method: "GET",
  path: "/api/v1/auth/oauth/:provider/callback",
  summary: "Where the provider sends the browser back to: signs in and goes on, or to `/login?problem=<code>`",
  params: z.object({ provider: z.string() }),
  query: z.looseObject({
    state: z.string().optional(),
    code: z.string().optional(),
    error: z.string().optional().describe("What the provider says instead of a code"),
  }),
  response: z.null(),
  redirects: true,
});

export const linkIdentity = operation({
  id: "linkIdentity",
  door: "people",
  access: "sign_in",
  tag,
  method: "POST",
  path: "/api/v1/auth/oauth/:provider/link",
  summary: "Begin to link an account of a provider to one's own: send the browser to `location`",
  params: OfProvider,
  body: z.object({ next: Next.optional() }),
  response: z.object({ location: z.string() }),
  answersSecret: true,
  problems: ["provider_not_found", "provider_unavailable"],
});

export const listMyIdentities = operation({
  id: "listMyIdentities",
  door: "people",
  access: "sign_in",
  tag,
  method: "GET",
  path: "/api/v1/auth/identities",
  summary: "The accounts of providers that are linked to one's own",
  response: z.object({ identities: z.array(LinkedIdentity) }),
});

export const unlinkIdentity = operation({
  id: "unlinkIdentity",
  door: "people",
  access: "sign_in",
  tag,
  method: "DELETE",
  path: "/api/v1/auth/identities/:identity",
  summary: "Unlink an account of a provider; never the last way to sign in",
  params: z.object({ identity: z.uuid() }),
  response: LinkedIdentity,
  problems: ["identity_not_found", "last_way_in"],
});

export const listOauthProviders = operation({
  id: "listOauthProviders",
  door: "people",
  access: "admin",
  tag,
  method: "GET",
  path: "/api/v1/oauth-providers",
  summary: "Every provider, with how it is set up; without its secret",
  response: z.object({ providers: z.array(OauthProvider) }),
});

export const createOauthProvider = operation({
  id: "createOauthProvider",
  door: "people",
  access: "admin",
  tag,
  method: "POST",
  path: "/api/v1/oauth-providers",
  summary: "Let people sign in with a provider; its secret is kept sealed",
  body: NewOauthProvider,
  response: OauthProvider,
  status: 201,
  problems: ["provider_taken"],
});

export const updateOauthProvider = operation({
  id: "updateOauthProvider",
  door: "people",
  access: "admin",
  tag,
  method: "PATCH",
  path: "/api/v1/oauth-providers/:provider",
  summary: "Change a provider, or its secret; not one that the environment sets",
  params: OfProvider,
  body: OauthProviderChanges,
  response: OauthProvider,
  problems: ["provider_not_found", "provider_fixed"],
});

export const deleteOauthProvider = operation({
  id: "deleteOauthProvider",
  door: "people",
  access: "admin",
  tag,
  method: "DELETE",
  path: "/api/v1/oauth-providers/:provider",
  summary: "Remove a provider and every link to it; whoever has no password then needs a reset link",
  params: OfProvider,
  response: z.object({ ok: z.literal(true), unlinked: z.number().int() }),
  problems: ["provider_not_found", "provider_fixed"],
});
