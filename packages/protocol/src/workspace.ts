import { z } from "zod";
import { Moment } from "./vocabulary.ts";

const count = z.number().int().min(0);
const CommitId = z
  .string()
  .regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/)
  .meta({ description: "A commit, in hexadecimal", examples: ["9fceb02d0ae598e95dc970b74767f19372d61af8"] });

/** Characters of patch text that a diff carries for one file, and for all of them. */
export const DIFF_FILE_MAX = 64 * 1024;
export const DIFF_TOTAL_MAX = 512 * 1024;
/** How many files and commits a diff lists; it counts all. */
export const DIFF_FILES_MAX = 1000;
export const DIFF_COMMITS_MAX = 200;
/** Characters of one verify command's output that are kept: its beginning and its end. */
export const EVIDENCE_OUTPUT_MAX = 512 * 1024;

export const WorktreeSetup = z
  .object({
    state: z
      .enum(["none", "not_allowed", "done", "failed"])
      .describe("Of `.orchestratia/setup`: there is none, the machine's agent.yaml does not allow it, or how it ended"),
    exit_code: z.number().int().nullable().describe("null: it did not run, or was ended"),
    output: z.string().describe("The end of what it printed"),
  })
  .meta({ id: "WorktreeSetup" });
export type WorktreeSetup = z.infer<typeof WorktreeSetup>;

/** A task's own checkout on a server. */
export const Worktree = z
  .object({
    task_id: z.string(),
    task_key: z.string(),
    repo: z.string().describe("The repository's name in the machine's agent.yaml"),
    branch: z.string().describe("Such as orc/APP-12"),
    base_branch: z.string().nullable().describe("What it was begun from; null where that was no branch"),
    base_commit: CommitId.describe("The last commit that it has in common with what it was begun from"),
    head: CommitId.nullable().describe("Where it stands; null when the checkout is missing"),
    path: z.string().describe("The checkout's folder on that machine"),
    working_dir: z.string().describe("Where an agent works in it: the folder, or the configured part of it"),
    created_at: Moment,
    missing: z.boolean().describe("Its folder is gone; discarding it clears what is left"),
    changed_files: count.describe("Changed or new and not committed"),
    ahead: count.describe("Commits that its base branch does not have"),
    behind: count.describe("Commits of its base branch that it does not have"),
    merged: z
      .boolean()
      .describe("Nothing is uncommitted, and its base branch has its commits, or the very same changes in others"),
    setup: WorktreeSetup,
  })
  .meta({ id: "Worktree" });
export type Worktree = z.infer<typeof Worktree>;

export const DiffFile = z
  .object({
    path: z.string(),
    old_path: z.string().nullable().describe("What it was called before, when it was renamed or copied"),
    status: z.enum(["added", "modified", "deleted", "renamed", "copied", "type_changed", "unmerged"]),
    binary: z.boolean(),
    additions: count.describe("Lines; 0 for a binary file"),
    deletions: count,
    uncommitted: z.boolean().describe("Some of it is in no commit yet"),
    hunks: z.string().describe("In unified form from the first @@ on; empty for binary files and mere renames"),
    cut: z.boolean().describe("The hunks are not all here: there were too many"),
  })
  .meta({ id: "DiffFile" });
export type DiffFile = z.infer<typeof DiffFile>;

export const DiffCommit = z
  .object({ id: CommitId, author: z.string(), at: Moment, subject: z.string() })
  .meta({ id: "DiffCommit" });
export type DiffCommit = z.infer<typeof DiffCommit>;

/** What a task has changed: from its base to the files as they are, committed or not. */
export const WorkspaceDiff = z
  .object({
    branch: z.string().nullable().describe("null when no branch is checked out"),
    base_commit: CommitId,
    head: CommitId,
    dirty: z.boolean().describe("Something is uncommitted"),
    files: z.array(DiffFile).describe("By path; new files that git does not ignore are among them"),
    files_total: count,
    additions: count.describe("In all files, also those not listed"),
    deletions: count,
    commits: z.array(DiffCommit).describe("Since the base, newest first"),
    commits_total: count,
    taken_at: Moment,
  })
  .meta({ id: "WorkspaceDiff" });
export type WorkspaceDiff = z.infer<typeof WorkspaceDiff>;

/** How one verify command ended. */
export const EvidenceResult = z
  .object({
    command: z.string(),
    exit_code: z.number().int().nullable().describe("null: it was ended by a signal or could not be started"),
    signal: z.string().nullable(),
    duration_ms: count,
    timed_out: z.boolean(),
    tail: z.string().describe("The end of what it printed"),
  })
  .meta({ id: "EvidenceResult" });
export type EvidenceResult = z.infer<typeof EvidenceResult>;
