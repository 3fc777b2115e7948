import type { NewOauthProvider, OauthProvider, OauthProviderChanges } from "@orchestratia/protocol/oauth";
import { Problem } from "@orchestratia/protocol/problems";
import type { z } from "zod";
import { actorOf, type Caller } from "../access/caller.ts";
import { type Tx, transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import { SealError } from "../secrets/secret-box.ts";
import { callbackUrl, type Oauth } from "./oauth.ts";
import { DEFAULT_ISSUERS, DEFAULT_NAMES } from "./provider-settings.ts";
import { type KnownProvider, secretPurpose } from "./providers.ts";

/** Every provider, as admins see them. */
export async function listProviders({ users, providers, publicUrl }: Oauth): Promise<OauthProvider[]> {
  const linked = await users.database.sql.query<{ provider: string; count: number }>(
    "select provider, count(*)::int as count from hub.oauth_identities group by provider",
  );
  const counts = new Map(linked.map(({ provider, count }) => [provider, count]));
  return (await providers.list()).map((provider) => ({
    id: provider.id,
    kind: provider.kind,
    name: provider.name,
    issuer: provider.issuer,
    client_id: provider.clientId,
    allowed_domains: [...provider.allowedDomains],
    link_verified_email: provider.linkVerifiedEmail,
    enabled: provider.enabled,
    source: provider.source,
    callback_url: callbackUrl(publicUrl(), provider.id),
    identities: counts.get(provider.id) ?? 0,
    fault: faultOf(provider),
  }));
}

function faultOf({ clientSecret }: KnownProvider): string | null {
  try {
    clientSecret();
    return null;
  } catch (error) {
    if (error instanceof SealError) return `${error.message} Or give the provider its client secret anew.`;
    throw error;
  }
}

/** Throws provider_taken, or invalid_request without an issuer where none is known. */
export async function createProvider(
  oauth: Oauth,
  caller: Caller,
  given: z.output<typeof NewOauthProvider>,
): Promise<OauthProvider> {
  const { users, providers, box } = oauth;
  const { id, kind, name = DEFAULT_NAMES[kind], issuer = DEFAULT_ISSUERS[kind] } = given;
  if (issuer === undefined) throw new Problem("invalid_request", "Say which issuer it is, by its https address.");
  if (providers.isConfigured(id)) throw taken(id);
  await transaction(users.database.pool, async (tx) => {
    const made = await tx.query(
      `insert into hub.oauth_providers
         (id, kind, name, issuer, client_id, client_secret_sealed, allowed_domains, link_verified_email, enabled)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (id) do nothing returning id`,
      [
        id,
        kind,
        name,
        issuer,
        given.client_id,
        box.seal(given.client_secret, secretPurpose({ id, issuer })),
        given.allowed_domains,
        given.link_verified_email,
        given.enabled,
      ],
    );
    if (made.length === 0) throw taken(id);
    await record(tx, {
      type: "oauth_provider.created",
      project_id: null,
      actor: actorOf(caller),
      details: { provider: id, kind, issuer },
    });
  });
  users.events.wake();
  return view(oauth, id);
}

/** Throws provider_not_found or provider_fixed. */
export async function updateProvider(
  oauth: Oauth,
  caller: Caller,
  id: string,
  changes: z.output<typeof OauthProviderChanges>,
): Promise<OauthProvider> {
  const { users, box } = oauth;
  await transaction(users.database.pool, async (tx) => {
    const { issuer } = await lockProvider(oauth, tx, id);
    const { client_secret, ...others } = changes;
    const sealed = client_secret === undefined ? null : box.seal(client_secret, secretPurpose({ id, issuer }));
    await tx.query(
      `update hub.oauth_providers set name = coalesce($2, name), client_id = coalesce($3, client_id),
         client_secret_sealed = coalesce($4, client_secret_sealed), allowed_domains = coalesce($5, allowed_domains),
         link_verified_email = coalesce($6, link_verified_email), enabled = coalesce($7, enabled)
       where id = $1`,
      [
        id,
        others.name ?? null,
        others.client_id ?? null,
        sealed,
        others.allowed_domains ?? null,
        others.link_verified_email ?? null,
        others.enabled ?? null,
      ],
    );
    const fields = Object.entries(changes).flatMap(([field, value]) => (value === undefined ? [] : [field]));
    if (fields.length === 0) return;
    await record(tx, {
      type: "oauth_provider.updated",
      project_id: null,
      actor: actorOf(caller),
      details: { provider: id, fields },
    });
  });
  users.events.wake();
  return view(oauth, id);
}

/** Removes it and whoever is linked to it; answers how many that were. Throws provider_not_found or provider_fixed. */
export async function deleteProvider(oauth: Oauth, caller: Caller, id: string): Promise<number> {
  const { users } = oauth;
  const unlinked = await transaction(users.database.pool, async (tx) => {
    await lockProvider(oauth, tx, id);
    await tx.query("delete from hub.oauth_providers where id = $1", [id]);
    const links = await tx.query("delete from hub.oauth_identities where provider = $1 returning id", [id]);
    await record(tx, {
      type: "oauth_provider.deleted",
      project_id: null,
      actor: actorOf(caller),
      details: { provider: id, unlinked: links.length },
    });
    return links.length;
  });
  users.events.wake();
  return unlinked;
}

async function lockProvider({ providers }: Oauth, tx: Tx, id: string): Promise<{ issuer: string }> {
  if (providers.isConfigured(id)) {
    throw new Problem("provider_fixed", "The hub's environment sets this provider. Change it there.");
  }
  const [row] = await tx.query<{ issuer: string }>("select issuer from hub.oauth_providers where id = $1 for update", [
    id,
  ]);
  if (!row) throw new Problem("provider_not_found");
  return row;
}

async function view(oauth: Oauth, id: string): Promise<OauthProvider> {
  const provider = (await listProviders(oauth)).find((listed) => listed.id === id);
  if (!provider) throw new Problem("provider_not_found");
  return provider;
}

const taken = (id: string) => new Problem("provider_taken", `There is a provider called ${id} already.`);
