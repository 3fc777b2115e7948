import * as operations from "@orchestratia/protocol/operations/oauth";
import { Problem } from "@orchestratia/protocol/problems";
import type { FastifyInstance } from "fastify";
import type { Caller } from "../access/caller.ts";
import { serve, servePublic } from "../http/serve.ts";
import { listIdentities, unlinkIdentity } from "./linked-identities.ts";
import type { Oauth } from "./oauth.ts";
import { createProvider, deleteProvider, listProviders, updateProvider } from "./provider-commands.ts";

/** What people can sign in with, and what is linked to their accounts. */
export function oauthRoutes(app: FastifyInstance, oauth: Oauth): void {
  servePublic(app, operations.listSignInProviders, async () => ({ providers: await oauth.providers.offered() }));

  serve(app, operations.listMyIdentities, async ({ caller }) => ({
    identities: await listIdentities(oauth, person(caller)),
  }));

  serve(app, operations.unlinkIdentity, ({ caller, params }) => unlinkIdentity(oauth, person(caller), params.identity));

  serve(app, operations.listOauthProviders, async () => ({ providers: await listProviders(oauth) }));

  serve(app, operations.createOauthProvider, ({ caller, body }) => createProvider(oauth, caller, body));

  serve(app, operations.updateOauthProvider, ({ caller, params, body }) =>
    updateProvider(oauth, caller, params.provider, body),
  );

  serve(app, operations.deleteOauthProvider, async ({ caller, params }) => ({
    ok: true as const,
    unlinked: await deleteProvider(oauth, caller, params.provider),
  }));
}

/** The door lets in nobody else. */
export function person(caller: Caller): Extract<Caller, { kind: "user" }> {
  if (caller.kind !== "user") throw new Problem("forbidden", "This is for people who have signed in.");
  return caller;
}
