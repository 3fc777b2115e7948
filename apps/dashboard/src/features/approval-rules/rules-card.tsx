"use client";
import type { ApprovalRule } from "@orchestratia/protocol/approval-rules";
import type { Project } from "@orchestratia/protocol/projects";
import type { Server } from "@orchestratia/protocol/servers";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { DecisionMark } from "./decision-mark.tsx";
import { rulesQuery } from "./rule-queries.ts";
import { RuleRow } from "./rule-row.tsx";
import { DECISION_ORDER, orderHelp } from "./rule-words.ts";

const RuleDialog = lazy(() => import("./rule-dialog.tsx").then((it) => ({ default: it.RuleDialog })));

type RulesCardProps = { project: Project; servers: readonly Server[]; settles: boolean };

/** The rules, in the order in which they are looked at. */
export function RulesCard({ project, servers, settles }: RulesCardProps) {
  const { data: rules, isPending, error, refetch } = useQuery(rulesQuery(project.id));
  const [edited, setEdited] = useState<ApprovalRule | "new">();
  return (
    <Card
      title="Approval rules"
      bodyClassName="px-4 py-0"
      action={
        settles ? (
          <Button aria-haspopup="dialog" onClick={() => setEdited("new")}>
            Add a rule
          </Button>
        ) : null
      }
    >
      <p className="py-3 text-sm text-ink-soft">
        What agents may do with their tools. A command line is judged part by part; what no rule decides is put to a
        person, and is denied when nobody answers in time.
        {settles ? null : ` Only owners of ${project.name} and the hub's admins change the rules.`}
      </p>
      {isPending ? <SkeletonRows rows={3} className="px-0" /> : null}
      {error ? <ErrorState className="my-4" error={error} onRetry={() => void refetch()} /> : null}
      {rules?.length === 0 ? (
        <EmptyState title="No rules yet">
          People are asked about every tool, but for what agents report with: orchestratia task, intervention, status
          and init.
        </EmptyState>
      ) : null}
      {rules && rules.length > 0
        ? DECISION_ORDER.map((decision) => {
            const those = rules.filter(({ action }) => action === decision);
            return those.length === 0 ? null : (
              <section key={decision} aria-labelledby={`rules-${decision}`} className="border-t py-3">
                <h3 id={`rules-${decision}`} className="text-sm font-semibold">
                  <DecisionMark decision={decision} />
                </h3>
                <p className="text-xs text-ink-faint">{orderHelp[decision]}</p>
                <ul aria-labelledby={`rules-${decision}`} className="divide-y">
                  {those.map((rule) => (
                    <RuleRow
                      key={rule.id}
                      rule={rule}
                      servers={servers}
                      settles={settles}
                      onEdit={() => setEdited(rule)}
                    />
                  ))}
                </ul>
              </section>
            );
          })
        : null}
      {edited ? (
        <Suspense fallback={null}>
          <RuleDialog
            project={project.id}
            servers={servers}
            rule={edited === "new" ? undefined : edited}
            onClose={() => setEdited(undefined)}
          />
        </Suspense>
      ) : null}
    </Card>
  );
}
