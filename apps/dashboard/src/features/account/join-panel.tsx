"use client";
import type { User } from "@orchestratia/protocol/people";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { Button } from "../../ui/button.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { leave } from "./account-queries.ts";
import { EntryCard } from "./entry-card.tsx";
import { joinWith, type Offer } from "./link-queries.ts";
import { offerWords } from "./offer-words.ts";

/** Asks whoever is signed in whether their account is to have what the invitation offers. */
export function JoinPanel({ token, offer, user }: { token: string; offer: Offer; user: User }) {
  const queries = useQueryClient();
  const router = useRouter();
  const join = useMutation({ mutationFn: () => joinWith(queries, token), onSuccess: () => router.replace("/") });
  const signOut = useMutation({ mutationFn: () => leave(queries) });
  const isForOther = offer.email !== null && offer.email !== user.email;
  return (
    <EntryCard title="You are invited" lead={`${offer.invited_by} invites you ${offerWords(offer)}.`}>
      <div className="space-y-4">
        <p className="text-sm break-words">
          {isForOther
            ? `The invitation is for ${offer.email}, and you are signed in as ${user.email}.`
            : `You are signed in as ${user.name} (${user.email}).`}
        </p>
        {join.error ? <ErrorState error={join.error} /> : null}
        {signOut.error ? <ErrorState error={signOut.error} /> : null}
        {isForOther ? null : (
          <Button
            variant="primary"
            size="large"
            className="w-full"
            pending={join.isPending || join.isSuccess}
            onClick={() => join.mutate()}
          >
            {join.isPending ? "Joining…" : "Join with this account"}
          </Button>
        )}
        <Button
          variant={isForOther ? "primary" : "secondary"}
          size="large"
          className="w-full"
          pending={signOut.isPending}
          onClick={() => signOut.mutate()}
        >
          Sign out to use another account
        </Button>
        <Button asChild variant="ghost" size="large" className="w-full">
          <Link href="/">Not now</Link>
        </Button>
      </div>
    </EntryCard>
  );
}
