import type { TaskPriority } from "@orchestratia/domain/task-lifecycle";
import type { Task, TaskChanges } from "@orchestratia/protocol/tasks";

/** What a person edits, as it stands in the form: labels are one line, parted by commas. */
export type Edited = { title: string; spec: string; priority: TaskPriority; labels: string };
export type EditedField = keyof Edited;

export const EDITED_FIELDS = ["title", "spec", "priority", "labels"] as const satisfies readonly EditedField[];

type Editable = Pick<Task, "title" | "spec" | "priority" | "labels">;

export const asEdited = ({ title, spec, priority, labels }: Editable): Edited => ({
  title,
  spec,
  priority,
  labels: labels.join(", "),
});

/** Labels as they are stored: each once, without the spaces around it. */
export const readLabels = (line: string): string[] => [
  ...new Set(
    line
      .split(",")
      .map((label) => label.trim())
      .filter((label) => label !== ""),
  ),
];

/** Spaces and commas that mean nothing are no change. */
const plain = (field: EditedField, { [field]: value }: Edited): string => {
  if (field === "labels") return readLabels(value).join(", ");
  return field === "title" ? value.trim() : value;
};
const differs = (field: EditedField, one: Edited, other: Edited) => plain(field, one) !== plain(field, other);

export const changedFields = (base: Edited, mine: Edited): EditedField[] =>
  EDITED_FIELDS.filter((field) => differs(field, base, mine));

/** Only what was changed is sent: the rest stays as whoever changed it last left it. */
export function changesOf(base: Edited, mine: Edited): TaskChanges {
  const changes: TaskChanges = {};
  for (const field of changedFields(base, mine)) {
    if (field === "labels") changes.labels = readLabels(mine.labels);
    else if (field === "priority") changes.priority = mine.priority;
    else changes[field] = field === "title" ? mine.title.trim() : mine.spec;
  }
  return changes;
}

/** What two people changed at once to different ends. */
export const conflictsOf = (base: Edited, mine: Edited, theirs: Edited): EditedField[] =>
  changedFields(base, mine).filter((field) => differs(field, base, theirs) && differs(field, mine, theirs));

/** Mine where I changed something, theirs everywhere else: what they did stays visible and is never written over unseen. */
export const mergeEdits = (base: Edited, mine: Edited, theirs: Edited): Edited => {
  const changed = changedFields(base, mine);
  const kept = Object.fromEntries(changed.map((field) => [field, mine[field]]));
  return { ...theirs, ...kept };
};

export function problemsOf({ title, spec, labels }: Edited): Partial<Record<EditedField, string>> {
  const read = readLabels(labels);
  const tooLong = read.find((label) => label.length > 60);
  return {
    ...(title.trim() ? {} : { title: "Enter a title." }),
    ...(spec.trim() ? {} : { spec: "Write what the worker should do." }),
    ...(tooLong ? { labels: "A label has at most 60 characters." } : {}),
    ...(read.length > 50 ? { labels: "A task has at most 50 labels." } : {}),
  };
}
