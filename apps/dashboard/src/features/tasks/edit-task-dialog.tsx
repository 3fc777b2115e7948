"use client";
import { TASK_PRIORITIES, type TaskPriority } from "@orchestratia/domain/task-lifecycle";
import type { Task } from "@orchestratia/protocol/tasks";
import { type FormEvent, type ReactNode, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Input, Select, Textarea } from "../../ui/control.tsx";
import { DialogPanel } from "../../ui/dialog-panel.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Field } from "../../ui/field.tsx";
import { type EditedField, problemsOf } from "./task-edit.ts";
import { capital } from "./task-words.tsx";
import { TheirChange } from "./their-change.tsx";
import { useTaskEdit } from "./use-task-edit.ts";

const isTold = ({ assigned_session_id }: Task) => assigned_session_id !== null;

function EditForm({ task, onDone }: { task: Task; onDone: () => void }) {
  const edit = useTaskEdit(task, onDone);
  const { mine, base } = edit.draft;
  const [tried, setTried] = useState(false);
  const problems = problemsOf(mine);
  const errorOf = (field: EditedField) => (tried ? problems[field] : undefined);
  const beside = (field: EditedField): ReactNode =>
    edit.theirChanges?.includes(field) ? (
      <TheirChange
        theirs={base[field]}
        isMine={edit.changed.includes(field)}
        onTake={() => edit.change({ [field]: base[field] })}
      />
    ) : null;
  const isOver = edit.theirChanges?.some((field) => edit.changed.includes(field)) ?? false;
  const saveWord = isOver ? "Save over theirs" : "Save";
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setTried(true);
    const form = event.currentTarget;
    if (Object.keys(problems).length > 0) {
      requestAnimationFrame(() => form.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
    } else if (edit.changed.length === 0) onDone();
    else edit.save();
  };

  return (
    <form noValidate className="space-y-4" onSubmit={submit}>
      {edit.theirChanges ? (
        <p role="alert" className="rounded-control border border-attention-line bg-attention-wash px-3 py-2 text-sm">
          Somebody changed it meanwhile. Nothing was saved and nothing of yours is lost: what they changed stands under
          each field.
        </p>
      ) : null}
      <Field label="Title" error={errorOf("title")}>
        {(control) => (
          <Input
            {...control}
            maxLength={300}
            value={mine.title}
            onChange={(event) => edit.change({ title: event.target.value })}
          />
        )}
      </Field>
      {beside("title")}
      <Field
        label="Spec"
        help={isTold(task) ? "In Markdown. Its session is told to read it again." : "In Markdown."}
        error={errorOf("spec")}
      >
        {(control) => (
          <Textarea
            {...control}
            rows={10}
            maxLength={200_000}
            className="font-mono"
            value={mine.spec}
            onChange={(event) => edit.change({ spec: event.target.value })}
          />
        )}
      </Field>
      {beside("spec")}
      <div className="grid gap-4 sm:grid-cols-[10rem_minmax(0,1fr)]">
        <div className="space-y-4">
          <Field label="Priority">
            {(control) => (
              <Select
                {...control}
                value={mine.priority}
                onChange={(event) => edit.change({ priority: event.target.value as TaskPriority })}
              >
                {TASK_PRIORITIES.map((priority) => (
                  <option key={priority} value={priority}>
                    {capital(priority)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          {beside("priority")}
        </div>
        <div className="space-y-4">
          <Field label="Labels" help="Parted by commas." error={errorOf("labels")}>
            {(control) => (
              <Input
                {...control}
                value={mine.labels}
                onChange={(event) => edit.change({ labels: event.target.value })}
              />
            )}
          </Field>
          {beside("labels")}
        </div>
      </div>
      {edit.error ? <ErrorState error={edit.error} /> : null}
      <div className="flex flex-wrap items-center justify-end gap-2">
        {edit.changed.length > 0 ? (
          <>
            <span className="mr-auto text-xs text-ink-faint">Kept in this browser until you save or discard it.</span>
            <Button onClick={edit.discard}>{edit.theirChanges ? "Take theirs" : "Discard changes"}</Button>
          </>
        ) : null}
        <Button type="submit" variant="primary" pending={edit.isSaving}>
          {edit.isSaving ? "Saving…" : saveWord}
        </Button>
      </div>
    </form>
  );
}

/** Title, spec, priority and labels of a task that is not settled. */
export const EditTaskDialog = ({ task, onClose }: { task: Task; onClose: () => void }) => (
  <DialogPanel wide title={`Edit ${task.key}`} onClose={onClose}>
    <EditForm task={task} onDone={onClose} />
  </DialogPanel>
);
