"use client";
import { lazy, Suspense } from "react";
import { Skeleton } from "../../ui/skeleton.tsx";
import { NameCard } from "./name-card.tsx";
import { PasswordCard } from "./password-card.tsx";

/** What stands below the fold comes after the page. */
const SignInsCard = lazy(() => import("./sign-ins-card.tsx").then((it) => ({ default: it.SignInsCard })));
const IdentitiesCard = lazy(() => import("./identities-card.tsx").then((it) => ({ default: it.IdentitiesCard })));
const TokensCard = lazy(() => import("../tokens/tokens-card.tsx").then((it) => ({ default: it.TokensCard })));

/** What somebody settles about their own account. */
export function AccountPage() {
  return (
    <div className="space-y-5">
      <NameCard />
      <PasswordCard />
      <Suspense fallback={<Skeleton className="h-40 rounded-card" />}>
        <SignInsCard />
        <IdentitiesCard />
        <TokensCard />
      </Suspense>
    </div>
  );
}
