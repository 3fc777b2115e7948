"use client";
import { RULE_AGENTS } from "@orchestratia/protocol/approval-rules";
import type { Project } from "@orchestratia/protocol/projects";
import { denialBecause, TOOL_ANSWERS } from "@orchestratia/protocol/tool-requests";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Textarea } from "../../ui/control.tsx";
import { Field } from "../../ui/field.tsx";
import { meQuery } from "../account/account-queries.ts";
import { maySettle } from "../members/member-words.ts";
import { useProject } from "../projects/project-context.tsx";
import type { AskedTool } from "./tool-request.ts";

type ToolRequestAnswersProps = {
  asked: AskedTool;
  options: readonly string[];
  projectId: Project["id"];
  /** The answer that is under way or given. */
  given: string | undefined;
  answer: (response: string) => void;
};

const { once, always, deny } = TOOL_ANSWERS;
const reasonLength = 1000;

/** Once, for ever, or no and why. */
export function ToolRequestAnswers({ asked, options, projectId, given, answer }: ToolRequestAnswersProps) {
  const { projects } = useProject();
  const me = useQuery(meQuery);
  const [reason, setReason] = useState<string>();
  const project = projects.find(({ id }) => id === projectId);
  const settles = project !== undefined && maySettle(project, me.data?.user.role);
  const canAlways = options.includes(always);
  const button = (option: string, variant: "primary" | "secondary") => (
    <Button variant={variant} pending={given === option} disabled={given !== undefined} onClick={() => answer(option)}>
      {option}
    </Button>
  );
  const denyWith = (event: FormEvent) => {
    event.preventDefault();
    const why = reason?.trim();
    answer(why ? denialBecause(why) : deny);
  };
  return (
    <div className="mt-3 space-y-3">
      <div className="flex flex-wrap gap-2">
        {button(once, "primary")}
        {canAlways && settles ? button(always, "secondary") : null}
        {button(deny, "secondary")}
        <Button
          aria-expanded={reason !== undefined}
          disabled={given !== undefined}
          onClick={() => setReason(reason === undefined ? "" : undefined)}
        >
          Deny with a reason
        </Button>
      </div>
      {reason === undefined ? null : (
        <form onSubmit={denyWith} className="space-y-2">
          <Field label="Why not" help="The agent is told, and can go another way.">
            {(control) => (
              <Textarea
                {...control}
                ref={takeFocus}
                className="min-h-16"
                maxLength={reasonLength}
                value={reason}
                onChange={({ target }) => setReason(target.value)}
              />
            )}
          </Field>
          <Button type="submit" pending={given !== undefined} disabled={!reason.trim()}>
            Deny and tell it
          </Button>
        </form>
      )}
      <div className="space-y-1 text-xs text-ink-soft">
        {canAlways && settles ? <AlwaysHelp {...asked} /> : null}
        {canAlways && !settles ? <p>Owners of the project can also allow it always.</p> : null}
        {canAlways ? null : <p>No rule can say just this, so it can only be allowed once.</p>}
      </div>
    </div>
  );
}

const takeFocus = (element: HTMLElement | null) => element?.focus();

/** A rule that is made for an agent that rules do not know is for every one. */
const ruleAgent = (agent: string): string => RULE_AGENTS.find((known) => known === agent) ?? "every agent";

const AlwaysHelp = ({ rules, agent }: AskedTool) => (
  <>
    <p>
      {always} makes {rules.length === 1 ? "a rule" : "rules"} for {ruleAgent(agent)} on this server:
    </p>
    <ul className="space-y-0.5">
      {rules.map((rule) => (
        <li key={rule} className="font-mono wrap-anywhere">
          {rule}
        </li>
      ))}
    </ul>
  </>
);
