import type { DiffFile, WorkspaceDiff } from "@orchestratia/protocol/workspace";
import { counted } from "../../ui/counted.ts";

const statusWords: Record<DiffFile["status"], string> = {
  added: "new",
  modified: "changed",
  deleted: "deleted",
  renamed: "renamed",
  copied: "copied",
  type_changed: "of another type",
  unmerged: "in conflict",
};

/** What became of a file, such as `renamed from a.txt`. */
export const fileWord = ({ status, old_path }: Pick<DiffFile, "status" | "old_path">): string =>
  old_path === null ? statusWords[status] : `${statusWords[status]} from ${old_path}`;

/** Why a file's changes are not all to be read here; undefined where they are. */
export function missingWords({ binary, cut, hunks, status }: DiffFile): string | undefined {
  if (binary) return "A binary file: there are no lines to show.";
  if (cut) {
    return hunks === ""
      ? "Too much has changed to show this file."
      : "The end of this file's changes is left out: there are too many.";
  }
  if (hunks === "")
    return status === "renamed" || status === "copied" ? "Nothing in it has changed." : "No line has changed.";
  return undefined;
}

/** Whether something of the task is in no commit yet, and how much. */
export function uncommittedWords({ dirty, files, files_total }: WorkspaceDiff): string {
  if (!dirty) return "Everything is committed";
  const uncommitted = files.filter((file) => file.uncommitted).length;
  const more = files.length < files_total ? " or more" : "";
  return uncommitted === 0 ? "Something is uncommitted" : `${counted(uncommitted, "file")}${more} uncommitted`;
}
