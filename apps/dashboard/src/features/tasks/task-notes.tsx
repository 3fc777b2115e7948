"use client";
import type { Task } from "@orchestratia/protocol/tasks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Textarea } from "../../ui/control.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Field } from "../../ui/field.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { writeNote } from "./task-queries.ts";

/** Messages for the worker and the readers; an urgent one interrupts. */
export function TaskNotes({ task, canWrite }: { task: Task; canWrite: boolean }) {
  const queries = useQueryClient();
  const [content, setContent] = useState("");
  const [urgent, setUrgent] = useState(false);
  const add = useMutation({
    mutationFn: () => writeNote({ project: task.project_id, task: task.id }, content.trim(), urgent),
    onSuccess: () => {
      setContent("");
      setUrgent(false);
      return queries.invalidateQueries({ queryKey: ["task"] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (content.trim()) add.mutate();
  };
  return (
    <Card title="Notes" bodyClassName="space-y-4">
      {task.recent_notes.length === 0 ? (
        <p className="text-sm text-ink-soft">No notes yet. The worker reads them in its session.</p>
      ) : (
        <ol aria-label="Notes" className="space-y-3">
          {task.recent_notes.map((note) => (
            <li key={note.id} className="text-sm">
              <p className="flex flex-wrap items-center gap-2 text-xs text-ink-faint">
                <span className="font-medium text-ink-soft">{note.author}</span>
                <TimeAgo at={note.created_at} />
                {note.urgent ? <Badge>urgent</Badge> : null}
                {note.delivery && note.delivery !== "delivered" ? <Badge>{note.delivery}</Badge> : null}
              </p>
              <p className="mt-0.5 break-words whitespace-pre-wrap">{note.content}</p>
            </li>
          ))}
        </ol>
      )}
      {canWrite ? (
        <form onSubmit={submit} className="space-y-2">
          <Field label="Write a note">
            {(control) => (
              <Textarea
                {...control}
                className="min-h-16"
                value={content}
                onChange={(event) => setContent(event.target.value)}
              />
            )}
          </Field>
          {add.error ? <ErrorState error={add.error} /> : null}
          <div className="flex items-center justify-between gap-3">
            <label className="flex items-center gap-2 text-sm touch:min-h-11">
              <input
                type="checkbox"
                className="size-4 accent-(--accent)"
                checked={urgent}
                onChange={(event) => setUrgent(event.target.checked)}
              />
              Urgent: interrupts the worker
            </label>
            <Button type="submit" disabled={!content.trim()} pending={add.isPending}>
              Add note
            </Button>
          </div>
        </form>
      ) : null}
    </Card>
  );
}
