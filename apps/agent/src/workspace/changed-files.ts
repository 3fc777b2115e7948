import type { DiffFile } from "@orchestratia/protocol/workspace";

/** One line of what `git diff --raw --numstat -z` says. */
export interface ChangedFile {
  path: string;
  oldPath: string | null;
  status: DiffFile["status"];
  binary: boolean;
  additions: number;
  deletions: number;
}

const statuses: Readonly<Record<string, DiffFile["status"]>> = {
  A: "added",
  M: "modified",
  D: "deleted",
  R: "renamed",
  C: "copied",
  T: "type_changed",
  U: "unmerged",
};

/** The raw lines come first, the numbers behind them, both in the same order. */
export function parseChanges(output: Buffer): ChangedFile[] {
  const parts = output.toString("utf8").split("\0");
  const changes: ChangedFile[] = [];
  let at = 0;
  for (; parts[at]?.startsWith(":"); ) {
    const letter = /([A-Z])\d*$/.exec(parts[at] ?? "")?.[1] ?? "M";
    const isMoved = letter === "R" || letter === "C";
    changes.push({
      path: parts[at + (isMoved ? 2 : 1)] ?? "",
      oldPath: isMoved ? (parts[at + 1] ?? "") : null,
      status: statuses[letter] ?? "modified",
      binary: false,
      additions: 0,
      deletions: 0,
    });
    at += isMoved ? 3 : 2;
  }
  for (const change of changes) {
    const [additions = "0", deletions = "0", path = ""] = (parts[at] ?? "").split("\t");
    at += path === "" ? 3 : 1;
    change.binary = additions === "-";
    change.additions = Number(additions) || 0;
    change.deletions = Number(deletions) || 0;
  }
  return changes;
}
