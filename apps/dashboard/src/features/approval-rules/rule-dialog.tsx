"use client";
import type { ToolDecision } from "@orchestratia/domain/tool-rules";
import { type ApprovalRule, RULE_AGENTS } from "@orchestratia/protocol/approval-rules";
import type { Server } from "@orchestratia/protocol/servers";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Input, Select } from "../../ui/control.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Field } from "../../ui/field.tsx";
import { focusFirstProblem } from "../account/form-errors.ts";
import { bodyOf, draftOf, NEW_RULE, type RuleDraft, type RuleErrors, ruleErrors, withAgent } from "./rule-draft.ts";
import { addRule, changeRule } from "./rule-queries.ts";
import { ToolNames } from "./tool-names.tsx";

type RuleDialogProps = {
  project: ProjectId;
  servers: readonly Server[];
  /** The one to change; without it a new one is made. */
  rule: ApprovalRule | undefined;
  onClose: () => void;
};

const actionWords: Readonly<Record<ToolDecision, string>> = {
  allow: "Allow it without asking",
  ask: "Let a person decide",
  deny: "Deny it",
};

export function RuleDialog({ project, servers, rule, onClose }: RuleDialogProps) {
  const queries = useQueryClient();
  const [draft, setDraft] = useState<RuleDraft>(rule ? draftOf(rule) : NEW_RULE);
  const [errors, setErrors] = useState<RuleErrors>({});
  const save = useMutation({
    mutationFn: () => (rule ? changeRule(queries, rule, bodyOf(draft)) : addRule(queries, project, bodyOf(draft))),
    onSuccess: onClose,
  });
  const change = (changes: Partial<RuleDraft>) => setDraft({ ...draft, ...changes });
  return (
    <Dialog
      title={rule ? `Change ${rule.name}` : "New approval rule"}
      description="Connected daemons follow it at once."
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
    >
      <form
        noValidate
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          const found = ruleErrors(draft);
          setErrors(found);
          if (Object.keys(found).length > 0) focusFirstProblem(event);
          else save.mutate();
        }}
      >
        <Field
          label="Tool"
          error={errors.tool_pattern}
          help="By the name that all agents share or the agent's own; * is any text."
        >
          {(control) => (
            <ToolNames
              control={control}
              value={draft.tool_pattern}
              onChange={(tool_pattern) => change({ tool_pattern })}
            />
          )}
        </Field>
        <Field
          label="Given"
          error={errors.param_pattern}
          help="The command, file or address: git push *, src/*, ~/.ssh/*. * is any text, ? one character. Empty: whatever it is given."
        >
          {(control) => (
            <Input
              {...control}
              className="font-mono"
              autoComplete="off"
              spellCheck={false}
              value={draft.param_pattern}
              onChange={({ target }) => change({ param_pattern: target.value })}
            />
          )}
        </Field>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label="What happens">
            {(control) => (
              <Select
                {...control}
                value={draft.action}
                onChange={({ target }) => change({ action: target.value as ToolDecision })}
              >
                {Object.entries(actionWords).map(([action, words]) => (
                  <option key={action} value={action}>
                    {words}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="Server">
            {(control) => (
              <Select
                {...control}
                value={draft.server_id}
                onChange={({ target }) => change({ server_id: target.value })}
              >
                <option value="">Every server</option>
                {servers.map(({ id, name }) => (
                  <option key={id} value={id}>
                    {name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        </div>
        <fieldset>
          <legend className="text-sm font-medium">Agents</legend>
          <div className="mt-1.5 flex flex-wrap gap-x-5 gap-y-1">
            {RULE_AGENTS.map((agent) => (
              <label key={agent} className="flex items-center gap-2 text-sm touch:min-h-11">
                <input
                  type="checkbox"
                  className="size-4 shrink-0 accent-(--accent)"
                  checked={draft.agents.includes(agent)}
                  onChange={({ target }) => change({ agents: withAgent(draft.agents, agent, target.checked) })}
                />
                {agent}
              </label>
            ))}
          </div>
          <p className="mt-1.5 text-xs text-ink-faint">None: every agent.</p>
        </fieldset>
        <Field label="Name" error={errors.name} help="What the log and the agent are told. Empty: what the rule says.">
          {(control) => (
            <Input
              {...control}
              autoComplete="off"
              value={draft.name}
              onChange={({ target }) => change({ name: target.value })}
            />
          )}
        </Field>
        {save.error ? <ErrorState error={save.error} /> : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" pending={save.isPending}>
            {rule ? "Save" : "Add the rule"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
