"use client";
import type { ApprovalRule } from "@orchestratia/protocol/approval-rules";
import type { Server } from "@orchestratia/protocol/servers";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { classNames } from "../../ui/class-names.ts";
import { ErrorState } from "../../ui/error-state.tsx";
import { RevokeButton } from "../servers/revoke-button.tsx";
import { changeRule, removeRule } from "./rule-queries.ts";
import { patternWords, scopeWords } from "./rule-words.ts";

type RuleRowProps = { rule: ApprovalRule; servers: readonly Server[]; settles: boolean; onEdit: () => void };

export function RuleRow({ rule, servers, settles, onEdit }: RuleRowProps) {
  const queries = useQueryClient();
  const { name, is_active } = rule;
  const { tool, given } = patternWords(rule);
  const turn = useMutation({ mutationFn: () => changeRule(queries, rule, { is_active: !is_active }) });
  return (
    <li data-testid="rule" data-active={is_active} className="flex flex-wrap items-center gap-x-3 gap-y-1.5 py-2.5">
      <div className="min-w-0 flex-1 basis-60 space-y-0.5">
        <p className="flex flex-wrap items-center gap-x-2 text-sm">
          <span className={classNames("min-w-0 font-medium break-words", !is_active && "text-ink-faint")}>{name}</span>
          {is_active ? null : <Badge>Off</Badge>}
        </p>
        <p className="text-sm break-words">
          <span className="font-mono">{tool}</span>
          {given === null ? (
            ", whatever it is given"
          ) : (
            <>
              {" given "}
              <code className="rounded-sm bg-sunken px-1 py-px font-mono wrap-anywhere whitespace-pre-wrap">
                {given}
              </code>
            </>
          )}
        </p>
        <p className="text-xs break-words text-ink-faint">For {scopeWords(rule, servers)}</p>
      </div>
      {settles ? (
        <>
          <Button pending={turn.isPending} onClick={() => turn.mutate()}>
            {is_active ? "Turn off" : "Turn on"}
            <span className="sr-only"> {name}</span>
          </Button>
          <Button aria-haspopup="dialog" onClick={onEdit}>
            Change<span className="sr-only"> {name}</span>
          </Button>
          <RevokeButton
            verb="Delete"
            what={name}
            consequence={consequence(rule)}
            revoke={() => removeRule(queries, rule)}
          />
          {turn.error ? <ErrorState className="basis-full" error={turn.error} /> : null}
        </>
      ) : null}
    </li>
  );
}

const consequence = ({ name, action }: ApprovalRule): string =>
  action === "allow"
    ? `“${name}” goes, and people are asked about what only it allows.`
    : `“${name}” goes, and what it matches is left to the other rules.`;
