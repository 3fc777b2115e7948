"use client";
import type { Intervention } from "@orchestratia/protocol/interventions";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Hand } from "lucide-react";
import Link from "next/link";
import { type FormEvent, useState } from "react";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Textarea } from "../../ui/control.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Field } from "../../ui/field.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { answerForm, whoAsks } from "./answer-form.ts";
import { answerIntervention } from "./intervention-queries.ts";
import { TimeLeft } from "./time-left.tsx";
import { askedTool } from "./tool-request.ts";
import { ToolRequestAnswers } from "./tool-request-answers.tsx";
import { ToolRequestDetails } from "./tool-request-details.tsx";

/** One open question with its answers: a button per option, or words of one's own. */
export function InterventionCard({
  intervention,
  canAnswer,
  showTask = false,
}: {
  intervention: Intervention;
  canAnswer: boolean;
  showTask?: boolean;
}) {
  const { id, project_id, session_id, options, question, context, urgency, created_at } = intervention;
  const { task_key, task_title } = intervention;
  const asked = askedTool(intervention);
  const { freeWords, help } = answerForm(intervention);
  const queries = useQueryClient();
  const [text, setText] = useState("");
  const answer = useMutation({
    mutationFn: (response: string) => answerIntervention({ project: project_id, intervention: id }, response),
    onSettled: () =>
      Promise.all(
        ["interventions", "task", "tasks", "counts"].map((key) => queries.invalidateQueries({ queryKey: [key] })),
      ),
  });
  const busy = answer.isPending || answer.isSuccess;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim()) answer.mutate(text.trim());
  };

  return (
    <article
      aria-label={question}
      data-testid="intervention"
      className="rounded-card border border-attention-line bg-attention-wash p-4"
    >
      <header className="flex flex-wrap items-center gap-2 text-xs text-ink-soft">
        <Hand aria-hidden className="size-4 text-amber" />
        <span className="text-sm font-semibold text-ink">
          {asked ? `${asked.agent} wants to use ${asked.tool}` : whoAsks(intervention)}
        </span>
        {asked && session_id ? (
          <Link
            href={`/sessions/${session_id}`}
            className="min-w-0 truncate text-accent underline underline-offset-2 touch:py-3.5"
          >
            {asked.session}
          </Link>
        ) : null}
        {urgency === "high" && !asked ? <Badge>Urgent</Badge> : null}
        {showTask && task_key ? (
          <Link
            href={`/tasks/${task_key}`}
            className="min-w-0 truncate text-accent underline underline-offset-2 touch:py-3.5"
          >
            <span className="font-mono">{task_key}</span> {task_title}
          </Link>
        ) : null}
        <TimeAgo at={created_at} className="ml-auto" />
        <TimeLeft intervention={intervention} />
      </header>
      {asked ? (
        <ToolRequestDetails asked={asked} />
      ) : (
        <p className="mt-2 break-words whitespace-pre-wrap">{question}</p>
      )}
      {context && !asked ? (
        <pre className="mt-2 max-h-48 overflow-auto rounded-control bg-surface p-2 font-mono text-xs whitespace-pre-wrap">
          {context}
        </pre>
      ) : null}
      {answer.error ? <ErrorState className="mt-3" error={answer.error} /> : null}
      {canAnswer && asked ? (
        <ToolRequestAnswers
          asked={asked}
          options={options}
          projectId={project_id}
          given={busy ? answer.variables : undefined}
          answer={answer.mutate}
        />
      ) : null}
      {canAnswer && !asked ? (
        <div className="mt-3 space-y-3">
          {options.length > 0 ? (
            <div className="flex flex-wrap gap-2">
              {options.map((option) => (
                <Button
                  key={option}
                  pending={busy && answer.variables === option}
                  disabled={busy}
                  className="h-auto min-h-8 py-1 text-left whitespace-normal touch:h-auto touch:min-h-11"
                  onClick={() => answer.mutate(option)}
                >
                  {option}
                </Button>
              ))}
            </div>
          ) : null}
          {freeWords ? (
            <form onSubmit={submit} className="space-y-2">
              <Field label={options.length > 0 ? "Or in your own words" : "Answer"} help={help}>
                {(control) => (
                  <Textarea
                    {...control}
                    className="min-h-16"
                    maxLength={20_000}
                    value={text}
                    onChange={(event) => setText(event.target.value)}
                  />
                )}
              </Field>
              <Button
                type="submit"
                variant={options.length > 0 ? "secondary" : "primary"}
                pending={busy && answer.variables === text.trim()}
                disabled={busy || !text.trim()}
              >
                {busy ? "Sending…" : "Respond"}
              </Button>
            </form>
          ) : (
            <p className="text-xs text-ink-faint">{help}</p>
          )}
        </div>
      ) : null}
    </article>
  );
}
