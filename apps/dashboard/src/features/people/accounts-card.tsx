"use client";
import type { Account } from "@orchestratia/protocol/users";
import type { UserId } from "@orchestratia/protocol/vocabulary";
import { useInfiniteQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Input, Select } from "../../ui/control.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { useSettled } from "../../ui/settled-text.ts";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { AccountRow } from "./account-row.tsx";
import { type AccountKind, accountKinds, accountsQuery } from "./people-queries.ts";

const ResetLinkDialog = lazy(() => import("./reset-link-dialog.tsx").then((it) => ({ default: it.ResetLinkDialog })));

/** Everybody who has an account. */
export function AccountsCard({ me }: { me: UserId }) {
  const [name, setName] = useState("");
  const [kind, setKind] = useState<AccountKind>("everybody");
  const sought = useSettled(name.trim());
  const { data, isPending, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(
    accountsQuery(kind, sought),
  );
  const [resetFor, setResetFor] = useState<Account>();
  const accounts = data?.pages.flatMap((page) => page.users) ?? [];
  return (
    <Card
      title="People"
      bodyClassName="px-4 py-0"
      action={
        <div className="flex flex-wrap gap-2">
          <Select
            aria-label="Which accounts"
            className="w-36"
            value={kind}
            onChange={({ target }) => setKind(accountKinds.find((each) => each === target.value) ?? "everybody")}
          >
            <option value="everybody">Everybody</option>
            <option value="active">May sign in</option>
            <option value="admins">Admins</option>
            <option value="deactivated">Deactivated</option>
          </Select>
          <Input
            type="search"
            aria-label="Find by name or e-mail address"
            placeholder="Name or e-mail"
            className="w-44"
            maxLength={200}
            value={name}
            onChange={({ target }) => setName(target.value)}
          />
        </div>
      }
    >
      {isPending ? <SkeletonRows rows={3} className="px-0" /> : null}
      {error ? <ErrorState className="my-4" error={error} onRetry={() => void refetch()} /> : null}
      {data && accounts.length === 0 ? <EmptyState title={sought ? "Nobody is called that" : "Nobody"} /> : null}
      {accounts.length > 0 ? (
        <ul aria-label="People" className="divide-y">
          {accounts.map((account) => (
            <AccountRow
              key={account.id}
              account={account}
              isMe={account.id === me}
              onReset={() => setResetFor(account)}
            />
          ))}
        </ul>
      ) : null}
      {hasNextPage ? (
        <div className="flex justify-center border-t py-3">
          <Button pending={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Show more
          </Button>
        </div>
      ) : null}
      {resetFor ? (
        <Suspense fallback={null}>
          <ResetLinkDialog account={resetFor} onClose={() => setResetFor(undefined)} />
        </Suspense>
      ) : null}
    </Card>
  );
}
