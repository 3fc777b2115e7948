"use client";
import type { Account } from "@orchestratia/protocol/users";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { RoleChange } from "../members/role-change.tsx";
import { RevokeButton } from "../servers/revoke-button.tsx";
import { changeHubRole, deactivate, reactivate } from "./people-queries.ts";
import { accountWords, deactivationWords, hubChangeWords, hubRoleOf, hubRoleWord } from "./people-words.ts";

type AccountRowProps = { account: Account; isMe: boolean; onReset: () => void };

export function AccountRow({ account, isMe, onReset }: AccountRowProps) {
  const queries = useQueryClient();
  const { name, email, role, deactivated_at, last_signed_in_at } = account;
  return (
    <li data-testid="account" className="flex min-h-14 flex-wrap items-center gap-x-3 gap-y-1.5 py-2">
      <div className="min-w-0 flex-1 basis-60">
        <p className="flex flex-wrap items-center gap-x-2 text-sm">
          <span className="min-w-0 font-medium break-words">{name}</span>
          <span className="min-w-0 text-xs break-all text-ink-soft">{email}</span>
          {isMe ? <Badge>You</Badge> : null}
          {deactivated_at ? <Badge>Deactivated</Badge> : null}
        </p>
        <p className="text-xs text-ink-faint">
          {accountWords(account)}
          {last_signed_in_at ? (
            <>
              ; last <TimeAgo at={last_signed_in_at} />
            </>
          ) : null}
        </p>
      </div>
      <RoleChange
        key={role}
        label={`Role of ${name}`}
        role={role}
        roleOf={hubRoleOf}
        words={(to) => hubChangeWords(name, isMe, to)}
        change={(to) => changeHubRole(queries, account, to)}
      >
        <option value="viewer">{hubRoleWord.viewer}</option>
        <option value="admin">{hubRoleWord.admin}</option>
      </RoleChange>
      {deactivated_at ? (
        <Reactivate account={account} />
      ) : (
        <>
          <Button aria-haspopup="dialog" onClick={onReset}>
            Reset link<span className="sr-only"> for {name}</span>
          </Button>
          <RevokeButton
            verb="Deactivate"
            keep={isMe ? "Stay" : "Keep them"}
            what={`the account of ${name}`}
            consequence={deactivationWords(name, isMe)}
            revoke={() => deactivate(queries, account)}
          />
        </>
      )}
    </li>
  );
}

function Reactivate({ account }: { account: Account }) {
  const queries = useQueryClient();
  const bringBack = useMutation({ mutationFn: () => reactivate(queries, account) });
  return (
    <>
      <Button pending={bringBack.isPending} onClick={() => bringBack.mutate()}>
        Reactivate<span className="sr-only"> the account of {account.name}</span>
      </Button>
      {bringBack.error ? <ErrorState className="order-last basis-full" error={bringBack.error} /> : null}
    </>
  );
}
