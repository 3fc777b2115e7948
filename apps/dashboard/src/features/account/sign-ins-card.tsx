"use client";
import type { OpenSignIn } from "@orchestratia/protocol/users";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Badge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { RevokeButton } from "../servers/revoke-button.tsx";
import { deviceOf } from "./device-words.ts";
import { revokeSignIn, signInsQuery } from "./own-account-queries.ts";

/** Where the person is signed in, and the end of each but the one that asks. */
export function SignInsCard() {
  const signIns = useQuery(signInsQuery);
  return (
    <Card title="Where you are signed in" bodyClassName="px-4 py-0">
      {signIns.isPending ? <SkeletonRows rows={2} className="px-0" /> : null}
      {signIns.error ? (
        <ErrorState className="my-4" error={signIns.error} onRetry={() => void signIns.refetch()} />
      ) : null}
      {signIns.data ? (
        <ul aria-label="Sign-ins" className="divide-y">
          {signIns.data.map((signIn) => (
            <SignInRow key={signIn.id} signIn={signIn} />
          ))}
        </ul>
      ) : null}
    </Card>
  );
}

function SignInRow({ signIn }: { signIn: OpenSignIn }) {
  const queries = useQueryClient();
  const device = deviceOf(signIn.user_agent);
  return (
    <li data-testid="sign-in" className="flex min-h-14 flex-wrap items-center gap-x-3 gap-y-1.5 py-2">
      <div className="min-w-0 flex-1 basis-52">
        <p className="flex flex-wrap items-center gap-x-2 text-sm font-medium" title={signIn.user_agent}>
          {device}
          {signIn.current ? <Badge>This browser</Badge> : null}
        </p>
        <p className="text-xs text-ink-faint">
          From {signIn.address}, <TimeAgo at={signIn.created_at} />
          {signIn.last_used_at ? (
            <>
              ; last used <TimeAgo at={signIn.last_used_at} />
            </>
          ) : null}
        </p>
      </div>
      {signIn.current ? null : (
        <RevokeButton
          what={`the sign-in of ${device}`}
          consequence="It is signed out at once, and what it has open closes."
          revoke={() => revokeSignIn(queries, signIn.id)}
        />
      )}
    </li>
  );
}
