import { asEdited, changedFields, EDITED_FIELDS, type Edited } from "./task-edit.ts";

/** What somebody changed and has not saved: what they began from, and what they made of it. */
export type EditDraft = { version: number; base: Edited; mine: Edited };

type Drawer = Pick<Storage, "getItem" | "setItem" | "removeItem">;
type Started = Parameters<typeof asEdited>[0] & { id: string; version: number };

const keyOf = (taskId: string) => `orchestratia.edit.${taskId}`;

/** Where somebody left off in this browser; else the task as it is. */
export function openDraft(task: Started, drawer: Drawer): EditDraft {
  const base = asEdited(task);
  return readDraft(drawer.getItem(keyOf(task.id))) ?? { version: task.version, base, mine: base };
}

/** Keeps a draft that holds a change, and forgets one that holds none. A browser that keeps nothing is no reason to stop. */
export function keepDraft(taskId: string, draft: EditDraft, drawer: Drawer): void {
  try {
    if (changedFields(draft.base, draft.mine).length === 0) drawer.removeItem(keyOf(taskId));
    else drawer.setItem(keyOf(taskId), JSON.stringify(draft));
  } catch {
    // Full or forbidden: the draft lives as long as the page.
  }
}

export const dropDraft = (taskId: string, drawer: Drawer): void => drawer.removeItem(keyOf(taskId));

function readDraft(text: string | null): EditDraft | undefined {
  try {
    const draft = JSON.parse(text ?? "null") as EditDraft | null;
    return draft && Number.isInteger(draft.version) && isEdited(draft.base) && isEdited(draft.mine) ? draft : undefined;
  } catch {
    return undefined;
  }
}

const isEdited = (value: Edited | undefined): boolean =>
  typeof value === "object" && value !== null && EDITED_FIELDS.every((field) => typeof value[field] === "string");
