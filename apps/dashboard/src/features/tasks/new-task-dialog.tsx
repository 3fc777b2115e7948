"use client";
import type { TaskPriority, TaskType } from "@orchestratia/domain/task-lifecycle";
import { TASK_PRIORITIES, TASK_TYPES } from "@orchestratia/domain/task-lifecycle";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Input, Select, Textarea } from "../../ui/control.tsx";
import { DialogPanel } from "../../ui/dialog-panel.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Field } from "../../ui/field.tsx";
import { useProject } from "../projects/project-context.tsx";
import { makeTask, tasksQuery } from "./task-queries.ts";
import { capital } from "./task-words.tsx";

type Draft = { title: string; spec: string; type: TaskType; priority: TaskPriority; upstreams: string[] };

const empty: Draft = { title: "", spec: "", type: "feature", priority: "normal", upstreams: [] };

function NewTaskForm({ onMade }: { onMade: (key: string) => void }) {
  const { project } = useProject();
  const queries = useQueryClient();
  const tasks = useQuery(tasksQuery(project.id));
  const [draft, setDraft] = useState(empty);
  const [tried, setTried] = useState(false);
  const make = useMutation({
    mutationFn: () => {
      const { upstreams, ...task } = draft;
      return makeTask(project.id, { ...task, dependency_ids: upstreams });
    },
    onSuccess: async (task) => {
      await queries.invalidateQueries({ queryKey: ["tasks"] });
      onMade(task.key);
    },
  });
  const missing = (text: string, sentence: string) => (tried && !text.trim() ? sentence : undefined);

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setTried(true);
    const form = event.currentTarget;
    if (draft.title.trim() && draft.spec.trim()) make.mutate();
    else requestAnimationFrame(() => form.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
  };

  return (
    <form noValidate onSubmit={submit} className="space-y-4">
      <Field label="Title" error={missing(draft.title, "Enter a title.")}>
        {(control) => (
          <Input
            {...control}
            maxLength={300}
            value={draft.title}
            onChange={(event) => setDraft({ ...draft, title: event.target.value })}
          />
        )}
      </Field>
      <Field
        label="Spec"
        help="What the worker should do, in Markdown."
        error={missing(draft.spec, "Write what the worker should do.")}
      >
        {(control) => (
          <Textarea
            {...control}
            rows={8}
            className="font-mono"
            value={draft.spec}
            onChange={(event) => setDraft({ ...draft, spec: event.target.value })}
          />
        )}
      </Field>
      <div className="grid grid-cols-2 gap-4">
        <Field label="Type">
          {(control) => (
            <Select
              {...control}
              value={draft.type}
              onChange={(event) => setDraft({ ...draft, type: event.target.value as TaskType })}
            >
              {TASK_TYPES.map((type) => (
                <option key={type} value={type}>
                  {capital(type)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Priority">
          {(control) => (
            <Select
              {...control}
              value={draft.priority}
              onChange={(event) => setDraft({ ...draft, priority: event.target.value as TaskPriority })}
            >
              {TASK_PRIORITIES.map((priority) => (
                <option key={priority} value={priority}>
                  {capital(priority)}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
      {tasks.data && tasks.data.length > 0 ? (
        <fieldset>
          <legend className="mb-1.5 text-sm font-medium">Waits for</legend>
          <div className="max-h-40 overflow-y-auto rounded-control border p-1.5">
            {tasks.data.slice(0, 50).map(({ id, key, title }) => (
              <label
                key={id}
                className="flex min-h-8 items-center gap-2 rounded-control px-1.5 text-sm hover:bg-hover touch:min-h-11"
              >
                <input
                  type="checkbox"
                  className="size-4 accent-(--accent)"
                  checked={draft.upstreams.includes(id)}
                  onChange={(event) =>
                    setDraft({
                      ...draft,
                      upstreams: event.target.checked
                        ? [...draft.upstreams, id]
                        : draft.upstreams.filter((upstream) => upstream !== id),
                    })
                  }
                />
                <span className="font-mono text-xs text-ink-faint">{key}</span>
                <span className="truncate">{title}</span>
              </label>
            ))}
          </div>
        </fieldset>
      ) : null}
      {make.error ? <ErrorState error={make.error} /> : null}
      <div className="flex justify-end">
        <Button type="submit" variant="primary" pending={make.isPending}>
          {make.isPending ? "Creating…" : "Create task"}
        </Button>
      </div>
    </form>
  );
}

/** A title and a spec are enough; the way leads to the task that was made. */
export function NewTaskDialog({ onClose }: { onClose: () => void }) {
  const router = useRouter();
  return (
    <DialogPanel title="New task" onClose={onClose}>
      <NewTaskForm
        onMade={(key) => {
          onClose();
          router.push(`/tasks/${key}`);
        }}
      />
    </DialogPanel>
  );
}
