"use client";
import type { OauthProvider } from "@orchestratia/protocol/oauth";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { meQuery } from "../account/account-queries.ts";
import { RevokeButton } from "../servers/revoke-button.tsx";
import { oauthProvidersQuery, removeProvider } from "./provider-admin-queries.ts";

const ProviderDialog = lazy(() => import("./provider-dialog.tsx").then((it) => ({ default: it.ProviderDialog })));

/** What people sign in with besides a password; for admins. */
export function ProvidersPage() {
  const me = useQuery(meQuery);
  if (me.isPending) return <SkeletonRows rows={2} />;
  if (me.data?.user.role !== "admin") {
    return <EmptyState title="Only admins settle this">Ask an admin of this hub to set up a provider.</EmptyState>;
  }
  return <Providers />;
}

function Providers() {
  const providers = useQuery(oauthProvidersQuery);
  const [edited, setEdited] = useState<OauthProvider | "new">();
  return (
    <Card
      title="Sign-in providers"
      bodyClassName="px-4 py-0"
      action={
        <Button aria-haspopup="dialog" onClick={() => setEdited("new")}>
          Add a provider
        </Button>
      }
    >
      {providers.isPending ? <SkeletonRows rows={2} className="px-0" /> : null}
      {providers.error ? (
        <ErrorState className="my-4" error={providers.error} onRetry={() => void providers.refetch()} />
      ) : null}
      {providers.data?.length === 0 ? (
        <EmptyState title="No providers yet">
          With Google, GitHub or any OpenID Connect provider, people sign in with the account they have there.
        </EmptyState>
      ) : null}
      {providers.data && providers.data.length > 0 ? (
        <ul aria-label="Sign-in providers" className="divide-y">
          {providers.data.map((provider) => (
            <ProviderRow key={provider.id} provider={provider} onEdit={() => setEdited(provider)} />
          ))}
        </ul>
      ) : null}
      {edited ? (
        <Suspense fallback={null}>
          <ProviderDialog provider={edited === "new" ? undefined : edited} onClose={() => setEdited(undefined)} />
        </Suspense>
      ) : null}
    </Card>
  );
}

function ProviderRow({ provider, onEdit }: { provider: OauthProvider; onEdit: () => void }) {
  const queries = useQueryClient();
  const { id, name, issuer, source, enabled, allowed_domains, link_verified_email, identities, fault } = provider;
  const rules = [
    allowed_domains.length > 0 ? `accounts for ${allowed_domains.join(", ")}` : "only whoever is invited or linked",
    link_verified_email ? "a verified address is enough" : undefined,
    `${identities} linked`,
  ].filter(Boolean);
  return (
    <li data-testid="oauth-provider" className="flex min-h-14 flex-wrap items-center gap-x-3 gap-y-1.5 py-2">
      <div className="min-w-0 flex-1 basis-52">
        <p className="flex flex-wrap items-center gap-2 text-sm">
          <span className="font-medium break-words">{name}</span>
          <span className="min-w-0 text-xs break-all text-ink-soft">{issuer}</span>
          {source === "environment" ? <Badge>Set by the environment</Badge> : null}
          {enabled ? null : <Badge>Off</Badge>}
        </p>
        <p className="text-xs text-ink-faint">{rules.join("; ")}</p>
        {fault ? <p className="text-sm text-red">{fault}</p> : null}
      </div>
      {source === "hub" ? (
        <>
          <Button aria-haspopup="dialog" onClick={onEdit}>
            Change<span className="sr-only"> {name}</span>
          </Button>
          <RevokeButton
            verb="Remove"
            what={name}
            consequence={`Everybody's link to it goes too (${identities}); whoever has no password then needs a reset link.`}
            revoke={() => removeProvider(queries, id)}
          />
        </>
      ) : null}
    </li>
  );
}
