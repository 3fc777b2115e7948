import type { DiffFile } from "@orchestratia/protocol/workspace";

/** As much as is read at a glance, in characters of hunks. */
const glanceLength = 16_000;

/** Which files stand open at first: the first ones, for as long as they are short together. */
export function openAtFirst(files: readonly Pick<DiffFile, "path" | "hunks">[]): ReadonlySet<string> {
  const open = new Set<string>();
  let length = 0;
  for (const { path, hunks } of files) {
    length += hunks.length;
    if (length > glanceLength) break;
    open.add(path);
  }
  return open;
}

export function toggled(open: ReadonlySet<string>, path: string): ReadonlySet<string> {
  const next = new Set(open);
  if (!next.delete(path)) next.add(path);
  return next;
}
