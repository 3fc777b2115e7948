import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const file = "ended-because.txt";

/** Keeps in a session's folder why this machine ends it, for whichever daemon tells the hub of its end. */
export function noteEnding(folder: string, reason: string): void {
  try {
    writeFileSync(join(folder, file), reason, { mode: 0o600 });
  } catch {
    // On a full disk, or in a folder that has gone, it ends without a reason.
  }
}

/** Why this machine ended the session in `folder`, or undefined when it ended by itself or was asked to. */
export function endedBecause(folder: string): string | undefined {
  try {
    return readFileSync(join(folder, file), "utf8") || undefined;
  } catch {
    return undefined;
  }
}
