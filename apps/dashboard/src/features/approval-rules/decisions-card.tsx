"use client";
import type { ToolDecision } from "@orchestratia/domain/tool-rules";
import type { ApprovalRule, Permission } from "@orchestratia/protocol/approval-rules";
import type { Session } from "@orchestratia/protocol/sessions";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import { useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Select } from "../../ui/control.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { FreshRows } from "../../ui/fresh-rows.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { DecisionMark } from "./decision-mark.tsx";
import { decidedBy, usedOn } from "./decision-words.ts";
import { type DecisionKind, decisionsQuery } from "./rule-queries.ts";

const kinds: Readonly<Record<DecisionKind, string>> = {
  all: "All decisions",
  allowed: "Allowed",
  denied: "Denied",
  asked: "Left to the agent's own question",
};

const shownLines = 4;
const shownLength = 400;

interface DecisionsCardProps {
  project: ProjectId;
  rules: readonly ApprovalRule[];
  sessions: readonly Pick<Session, "id" | "name">[];
}

/** What was decided, newest first. What comes while it is read waits above it. */
export function DecisionsCard({ project, rules, sessions }: DecisionsCardProps) {
  const [kind, setKind] = useState<DecisionKind>("all");
  const [session, setSession] = useState("");
  const [newestShown, setNewestShown] = useState<number>();
  const { data, isPending, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(
    decisionsQuery(project, kind, session),
  );
  const all = data?.pages.flatMap(({ permissions }) => permissions) ?? [];
  const newest = all[0]?.id;
  if (newestShown === undefined && newest !== undefined) setNewestShown(newest);
  const shown = all.filter(({ id }) => id <= (newestShown ?? Number.POSITIVE_INFINITY));
  return (
    <Card
      title="Decisions"
      bodyClassName="p-0"
      action={
        <div className="flex flex-wrap justify-end gap-2">
          <Select
            aria-label="In which session"
            className="w-40"
            value={session}
            onChange={({ target }) => {
              setSession(target.value);
              setNewestShown(undefined);
            }}
          >
            <option value="">All sessions</option>
            {sessions.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Select>
          <Select
            aria-label="Which decisions"
            className="w-40"
            value={kind}
            onChange={({ target }) => {
              setKind(target.value as DecisionKind);
              setNewestShown(undefined);
            }}
          >
            {Object.entries(kinds).map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </Select>
        </div>
      }
    >
      {isPending ? <SkeletonRows rows={4} /> : null}
      {error ? <ErrorState className="m-4" error={error} onRetry={() => void refetch()} /> : null}
      {data && all.length === 0 ? (
        <EmptyState title={kind === "all" && session === "" ? "No decisions yet" : "No such decision"}>
          Each tool that an agent wants to use shows here, with what was decided and by whom.
        </EmptyState>
      ) : null}
      <FreshRows count={all.length - shown.length} onShow={() => setNewestShown(newest)} />
      {shown.length > 0 ? (
        <ul aria-label="Decisions" className="divide-y">
          {shown.map((permission) => (
            <DecisionRow key={permission.id} permission={permission} rules={rules} />
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
    </Card>
  );
}

const decisions: Readonly<Record<Permission["decision"], ToolDecision>> = {
  allowed: "allow",
  denied: "deny",
  asked: "ask",
};

function DecisionRow({ permission, rules }: { permission: Permission; rules: readonly ApprovalRule[] }) {
  const { session_id, session_name, server_name, agent_name, tool_name, decision, at } = permission;
  const used = usedOn(permission);
  return (
    <li data-testid="decision" data-decision={decision} className="space-y-1 px-4 py-2.5 text-sm">
      <p className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5">
        <DecisionMark decision={decisions[decision]} {...(decision === "asked" && { word: "Asked" })} />
        <span className="font-mono">{tool_name}</span>
        <TimeAgo at={at} className="ml-auto text-xs text-ink-faint" />
      </p>
      {used ? <Given text={used} /> : null}
      <p className="text-xs break-words text-ink-soft">
        {decidedBy(permission, rules)} <span className="text-ink-faint">{agent_name ?? "An agent"} in </span>
        {session_id ? (
          <Link
            href={`/sessions/${session_id}`}
            className="text-accent underline underline-offset-2 touch:-my-3 touch:inline-block touch:py-3.5"
          >
            {session_name ?? "a session"}
          </Link>
        ) : (
          <span className="text-ink-faint">no session</span>
        )}
        <span className="text-ink-faint"> on {server_name}</span>
      </p>
    </li>
  );
}

/** What a tool was given; of a long one the beginning, until somebody asks for the rest. */
function Given({ text }: { text: string }) {
  const [isWhole, setWhole] = useState(false);
  const beginning = text.split("\n").slice(0, shownLines).join("\n").slice(0, shownLength);
  return (
    <>
      <pre className="rounded-control bg-sunken px-2 py-1 font-mono text-xs wrap-anywhere whitespace-pre-wrap">
        {isWhole || beginning === text ? text : `${beginning}…`}
      </pre>
      {beginning === text ? null : (
        <Button variant="ghost" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
          {isWhole ? "Show less" : "Show all of it"}
        </Button>
      )}
    </>
  );
}
