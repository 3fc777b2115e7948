import { RefusedError } from "@orchestratia/client/http";
import type { Task } from "@orchestratia/protocol/tasks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { dropDraft, type EditDraft, keepDraft, openDraft } from "./edit-draft.ts";
import { asEdited, changedFields, changesOf, type Edited, mergeEdits } from "./task-edit.ts";
import { changeTask, readTask, showMoved } from "./task-queries.ts";

const isConflict = (error: unknown): boolean => error instanceof RefusedError && error.code === "version_conflict";

/** A save found that somebody else had changed the task: nothing was written, and theirs is here to be looked at. */
class ChangedMeanwhile extends Error {
  readonly theirs: Task;

  constructor(theirs: Task) {
    super("Somebody changed it meanwhile.");
    this.theirs = theirs;
  }
}

/** Saves onto the version that was read. Where the task only moved on and no field changed, onto the newer one. */
async function save(task: Task, { base, mine, version }: EditDraft): Promise<Task> {
  const changes = changesOf(base, mine);
  try {
    return await changeTask({ ...task, version }, changes);
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
  const theirs = await readTask(task);
  if (changedFields(base, asEdited(theirs)).length > 0) throw new ChangedMeanwhile(theirs);
  return changeTask(theirs, changes);
}

/** A person's changes to a task from the first key to the save; they outlive the dialog and the page. */
export function useTaskEdit(task: Task, onSaved: () => void) {
  const queries = useQueryClient();
  const [draft, setDraft] = useState(() => openDraft(task, window.localStorage));
  const [before, setBefore] = useState<Edited>();
  const keep = (next: EditDraft) => {
    setDraft(next);
    keepDraft(task.id, next, window.localStorage);
  };
  const saving = useMutation({
    mutationFn: () => save(task, draft),
    onSuccess: (saved) => {
      dropDraft(task.id, window.localStorage);
      showMoved(queries, saved);
      onSaved();
    },
    onError: (error) => {
      if (!(error instanceof ChangedMeanwhile)) return;
      // From here on theirs is what mine is measured against; what it was before tells which fields they changed.
      const theirs = asEdited(error.theirs);
      setBefore(draft.base);
      keep({ version: error.theirs.version, base: theirs, mine: mergeEdits(draft.base, draft.mine, theirs) });
      showMoved(queries, error.theirs);
    },
  });
  return {
    draft,
    changed: changedFields(draft.base, draft.mine),
    change: (mine: Partial<Edited>) => keep({ ...draft, mine: { ...draft.mine, ...mine } }),
    discard: () => {
      dropDraft(task.id, window.localStorage);
      const base = asEdited(task);
      setDraft({ version: task.version, base, mine: base });
      setBefore(undefined);
      saving.reset();
    },
    save: () => saving.mutate(),
    isSaving: saving.isPending,
    /** What they changed while this was typed; undefined when nobody did. */
    theirChanges: before ? changedFields(before, draft.base) : undefined,
    error: saving.error instanceof ChangedMeanwhile ? null : saving.error,
  };
}
