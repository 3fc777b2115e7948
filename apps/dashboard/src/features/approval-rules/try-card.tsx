"use client";
import type { Judgement } from "@orchestratia/domain/tool-rules";
import { type ApprovalRule, RULE_AGENTS } from "@orchestratia/protocol/approval-rules";
import type { Server } from "@orchestratia/protocol/servers";
import { useState } from "react";
import { Card } from "../../ui/card.tsx";
import { Input, Select, Textarea } from "../../ui/control.tsx";
import { Field } from "../../ui/field.tsx";
import { DecisionMark } from "./decision-mark.tsx";
import { ToolNames } from "./tool-names.tsx";
import { type Trial, tryTool } from "./try-tool.ts";

/** What the rules would say to a use of a tool, without one. */
export function TryCard({ rules, servers }: { rules: readonly ApprovalRule[]; servers: readonly Server[] }) {
  const [typed, setTrial] = useState<Trial>({ agent: "claude", server: "", tool: "Bash", given: "", cwd: "" });
  const trial = { ...typed, server: typed.server || (servers[0]?.id ?? "") };
  const change = (changes: Partial<Trial>) => setTrial({ ...typed, ...changes });
  const judgement = trial.tool.trim() && trial.given.trim() ? tryTool(rules, trial) : undefined;
  return (
    <Card title="Try it" bodyClassName="space-y-4">
      <div className="grid grid-cols-2 gap-4 sm:grid-cols-4">
        <Field label="Agent">
          {(control) => (
            <Select {...control} value={trial.agent} onChange={({ target }) => change({ agent: target.value })}>
              {RULE_AGENTS.map((agent) => (
                <option key={agent}>{agent}</option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="On">
          {(control) => (
            <Select {...control} value={trial.server} onChange={({ target }) => change({ server: target.value })}>
              {servers.length === 0 ? <option value="">any server</option> : null}
              {servers.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Tool">
          {(control) => <ToolNames control={control} value={trial.tool} onChange={(tool) => change({ tool })} />}
        </Field>
        <Field label="In the folder">
          {(control) => (
            <Input
              {...control}
              placeholder="/repo"
              className="font-mono"
              autoComplete="off"
              spellCheck={false}
              value={trial.cwd}
              onChange={({ target }) => change({ cwd: target.value })}
            />
          )}
        </Field>
      </div>
      <Field
        label="Command, file or address"
        help="Nothing is run. What links lead to and where home is only the machine itself knows."
      >
        {(control) => (
          <Textarea
            {...control}
            rows={2}
            className="min-h-14 font-mono"
            placeholder="git status && npm test"
            autoComplete="off"
            spellCheck={false}
            maxLength={20_000}
            value={trial.given}
            onChange={({ target }) => change({ given: target.value })}
          />
        )}
      </Field>
      <div role="status" data-testid="trial" data-decision={judgement?.decision}>
        {judgement ? <Verdict judgement={judgement} /> : null}
      </div>
    </Card>
  );
}

function Verdict({ judgement: { decision, reason, parts } }: { judgement: Judgement }) {
  return (
    <div className="space-y-3 rounded-control bg-sunken p-3 text-sm">
      <p className="flex flex-wrap gap-x-3 gap-y-1">
        <span className="font-semibold">
          <DecisionMark decision={decision} />
        </span>
        <span className="min-w-0 break-words">{reason}</span>
      </p>
      {parts.length > 1 ? (
        <ol aria-label="Part by part" className="divide-y border-t">
          {parts.map(({ shown, decision, rule }, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a part is known by its place
            <li key={place} data-testid="part" className="flex flex-wrap items-baseline gap-x-3 gap-y-1 py-2">
              <code className="min-w-0 flex-1 basis-52 font-mono wrap-anywhere whitespace-pre-wrap">{shown}</code>
              <DecisionMark decision={decision} />
              <span className="basis-full text-xs break-words text-ink-soft sm:basis-44">
                {partWords(decision, rule)}
              </span>
            </li>
          ))}
        </ol>
      ) : null}
    </div>
  );
}

function partWords(decision: Judgement["decision"], rule: Judgement["rule"]): string {
  if (rule) return `by “${rule.name}”`;
  return decision === "allow" ? "needs no allowance" : "by no rule";
}
