import type { ChangedFile } from "./changed-files.ts";

/**
 * The hunks of each file of a patch whose files are known. A file that became a link, or the other way round, has two
 * sections: it is taken away and made again.
 */
export function hunksBySection(patch: string, changes: readonly ChangedFile[]): string[] {
  // By line feeds alone: a line of a file may hold every other sign that ends a line somewhere.
  const sections = `\n${patch}`.split("\ndiff --git ").slice(1);
  const hunks: string[] = [];
  let at = 0;
  for (const { status } of changes) {
    if (at >= sections.length) break;
    const count = status === "type_changed" ? 2 : 1;
    hunks.push(
      sections
        .slice(at, at + count)
        .map(hunksOf)
        .join(""),
    );
    at += count;
  }
  return hunks;
}

/** Text that only looks like text: what is NUL behind its beginning is no text for anybody who stores it. */
function hunksOf(section: string): string {
  const from = section.indexOf("\n@@ ");
  if (from < 0) return "";
  const hunks = section.slice(from + 1).replaceAll("\0", "\uFFFD");
  return hunks.endsWith("\n") ? hunks : `${hunks}\n`;
}
