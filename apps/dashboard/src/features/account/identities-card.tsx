"use client";
import type { LinkedIdentity } from "@orchestratia/protocol/oauth";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { useAddressQuery } from "./address-query.ts";
import { providerProblem } from "./provider-problems.ts";
import { beginLink, identitiesQuery, signInProvidersQuery, unlinkIdentity } from "./provider-queries.ts";

/** The accounts elsewhere that the person signs in with. Where nobody can sign in so, there is nothing to say. */
export function IdentitiesCard() {
  const identities = useQuery(identitiesQuery);
  const providers = useQuery(signInProvidersQuery);
  const problem = useAddressQuery("problem");
  const error = identities.error ?? providers.error;
  const retry = () => {
    void identities.refetch();
    void providers.refetch();
  };
  if (!problem && !error && providers.data?.length === 0 && identities.data?.length === 0) return null;
  return (
    <Card title="Accounts that you sign in with" bodyClassName="px-4 py-0">
      {problem ? <ErrorState className="mt-4" error={providerProblem(problem)} /> : null}
      {error ? <ErrorState className="my-4" error={error} onRetry={retry} /> : null}
      {identities.isPending ? <SkeletonRows rows={1} className="px-0" /> : null}
      {identities.data?.length === 0 ? (
        <p className="py-3 text-sm text-ink-soft">None is linked. With one you sign in without a password.</p>
      ) : (
        <ul aria-label="Linked accounts" className="divide-y">
          {identities.data?.map((identity) => (
            <IdentityRow key={identity.id} identity={identity} />
          ))}
        </ul>
      )}
      {providers.data && providers.data.length > 0 ? (
        <div className="flex flex-wrap gap-2 border-t py-3">
          {providers.data.map(({ id, name }) => (
            <LinkButton key={id} provider={id} name={name} />
          ))}
        </div>
      ) : null}
    </Card>
  );
}

function LinkButton({ provider, name }: { provider: string; name: string }) {
  const link = useMutation({ mutationFn: () => beginLink(provider, "/settings") });
  return (
    <>
      <Button pending={link.isPending || link.isSuccess} onClick={() => link.mutate()}>
        Link {name}
      </Button>
      {link.error ? <ErrorState className="basis-full" error={link.error} /> : null}
    </>
  );
}

function IdentityRow({
  identity: { id, provider, provider_name, email, created_at, last_used_at },
}: {
  identity: LinkedIdentity;
}) {
  const queries = useQueryClient();
  const unlink = useMutation({ mutationFn: () => unlinkIdentity(queries, id) });
  const name = provider_name ?? provider;
  return (
    <li data-testid="identity" className="flex min-h-14 flex-wrap items-center gap-x-3 gap-y-1.5 py-2">
      <div className="min-w-0 flex-1 basis-52">
        <p className="text-sm font-medium break-words">
          {name}
          {email ? <span className="font-normal text-ink-soft">, {email}</span> : null}
        </p>
        <p className="text-xs text-ink-faint">
          Linked <TimeAgo at={created_at} />
          {last_used_at ? (
            <>
              ; last used <TimeAgo at={last_used_at} />
            </>
          ) : (
            "; not used since"
          )}
        </p>
      </div>
      <Button pending={unlink.isPending} onClick={() => unlink.mutate()}>
        Unlink<span className="sr-only"> {name}</span>
      </Button>
      {unlink.error ? <ErrorState className="basis-full" error={unlink.error} /> : null}
    </li>
  );
}
