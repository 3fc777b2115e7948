import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);
const FILES_MAX = 50;
/** A completion must not wait for a slow disk. */
const TIMEOUT_MS = 2000;

type FileChange = { path: string; insertions: number; deletions: number };

/** What the last commit at `cwd` changed, or undefined where there is no such commit, no repository, or no git. */
export async function gitDiffStats(cwd: string): Promise<Record<string, unknown> | undefined> {
  try {
    const [numstat, commits] = await Promise.all([
      git(cwd, ["diff", "--numstat", "-z", "--no-renames", "HEAD~1..HEAD"]),
      git(cwd, ["log", "-1", "--format=%h %p"]),
    ]);
    const changes = numstat
      .split("\0")
      .filter(Boolean)
      .map((entry) => entry.split("\t"));
    if (changes.length === 0) return undefined;
    const [head_commit, base_commit] = commits.trim().split(" ");
    // git counts no lines of a binary file: it prints dashes.
    const files: FileChange[] = changes
      .filter(([insertions]) => insertions !== "-")
      .map(([insertions, deletions, path = ""]) => ({
        path,
        insertions: Number(insertions),
        deletions: Number(deletions),
      }));
    return {
      files_changed: changes.length,
      insertions: files.reduce((sum, file) => sum + file.insertions, 0),
      deletions: files.reduce((sum, file) => sum + file.deletions, 0),
      files: files.slice(0, FILES_MAX),
      binary_files: changes.filter(([insertions]) => insertions === "-").map(([, , path]) => path),
      head_commit,
      base_commit,
    };
  } catch {
    return undefined;
  }
}

async function git(cwd: string, args: readonly string[]): Promise<string> {
  const { stdout } = await execute("git", args, { cwd, timeout: TIMEOUT_MS, maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}
