"use client";
import type { AccessToken } from "@orchestratia/protocol/access-tokens";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { RevokeButton } from "../servers/revoke-button.tsx";
import { accessTokensQuery, revokeToken } from "./token-queries.ts";
import { tokenReach } from "./token-words.ts";

const NewTokenDialog = lazy(() => import("./new-token-dialog.tsx").then((it) => ({ default: it.NewTokenDialog })));

/** What the person's programs come in with. */
export function TokensCard() {
  const tokens = useQuery(accessTokensQuery);
  const [isMaking, setMaking] = useState(false);
  return (
    <Card
      title="Access tokens"
      bodyClassName="px-4 py-0"
      action={
        <Button aria-haspopup="dialog" onClick={() => setMaking(true)}>
          New token
        </Button>
      }
    >
      {tokens.isPending ? <SkeletonRows rows={2} className="px-0" /> : null}
      {tokens.error ? <ErrorState className="my-4" error={tokens.error} onRetry={() => void tokens.refetch()} /> : null}
      {tokens.data?.length === 0 ? (
        <EmptyState title="No tokens yet">
          With a token a program, such as your CI, works here in your name, and never opens more than you may.
        </EmptyState>
      ) : null}
      {tokens.data && tokens.data.length > 0 ? (
        <ul aria-label="Access tokens" className="divide-y">
          {tokens.data.map((token) => (
            <TokenRow key={token.id} token={token} />
          ))}
        </ul>
      ) : null}
      {isMaking ? (
        <Suspense fallback={null}>
          <NewTokenDialog onClose={() => setMaking(false)} />
        </Suspense>
      ) : null}
    </Card>
  );
}

function TokenRow({ token }: { token: AccessToken }) {
  const queries = useQueryClient();
  const { id, name, prefix, expires_at, last_used_at } = token;
  return (
    <li data-testid="access-token" className="flex min-h-14 flex-wrap items-center gap-x-3 gap-y-1.5 py-2">
      <div className="min-w-0 flex-1 basis-52">
        <p className="flex flex-wrap items-baseline gap-x-2 text-sm">
          <span className="min-w-0 font-medium break-words">{name}</span>
          <code className="font-mono text-xs text-ink-soft">{prefix}…</code>
        </p>
        <p className="text-xs text-ink-faint">
          {tokenReach(token)}; {expires_at ? `until ${new Date(expires_at).toLocaleDateString()}` : "never ends"};{" "}
          {last_used_at ? (
            <>
              last used <TimeAgo at={last_used_at} />
            </>
          ) : (
            "never used"
          )}
        </p>
      </div>
      <RevokeButton
        what={`the token ${name}`}
        consequence="What comes in with it is shut out at once, and does not come back."
        revoke={() => revokeToken(queries, id)}
      />
    </li>
  );
}
