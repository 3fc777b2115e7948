import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  DIFF_COMMITS_MAX,
  DIFF_FILE_MAX,
  DIFF_FILES_MAX,
  DIFF_TOTAL_MAX,
  type DiffCommit,
  type DiffFile,
  type WorkspaceDiff,
} from "@orchestratia/protocol/workspace";
import { type ChangedFile, parseChanges } from "./changed-files.ts";
import { type GitPlace, git, gitText } from "./git.ts";
import { hunksBySection } from "./patch-sections.ts";
import { changedPaths } from "./worktree-status.ts";

const patchMaxBytes = 4 * DIFF_TOTAL_MAX;
const newFilesMax = 2 * DIFF_FILES_MAX;

interface Where {
  cwd: string;
  place: GitPlace;
}

/** Everything that a checkout has and `base` has not, committed or not, in bounded size. */
export async function takeDiff(where: Where, base: string): Promise<WorkspaceDiff> {
  const uncommitted = await changedPaths(where);
  await addNewFiles(where);
  const [head, branch, files, commits, commitsTotal] = [
    await gitText(["rev-parse", "--verify", "HEAD"], where),
    await gitText(["symbolic-ref", "--quiet", "--short", "HEAD"], { ...where, accepts: [1] }),
    await diffFiles(where, base, new Set(uncommitted)),
    await commitsSince(where, base),
    Number(await gitText(["rev-list", "--count", `${base}..HEAD`], where)),
  ];
  return {
    branch: branch || null,
    base_commit: base,
    head,
    dirty: uncommitted.length > 0,
    files: files.slice(0, DIFF_FILES_MAX),
    files_total: files.length,
    additions: files.reduce((sum, { additions }) => sum + additions, 0),
    deletions: files.reduce((sum, { deletions }) => sum + deletions, 0),
    commits,
    commits_total: commitsTotal,
    taken_at: new Date().toISOString(),
  };
}

/** In our own index new files are noted without their content, so that they are compared like all others. */
async function addNewFiles(where: Where): Promise<void> {
  const { stdout } = await git(["ls-files", "--others", "--exclude-standard", "-z"], where);
  const found = stdout.toString("latin1").split("\0");
  // A folder is named only when it is a repository of its own.
  const paths = found.filter((path) => path !== "" && !path.endsWith("/")).slice(0, newFilesMax);
  if (paths.length === 0) return;
  const list = join(where.place.GIT_DIR, "new-files");
  await writeFile(list, Buffer.from(paths.map((path) => `${path}\0`).join(""), "latin1"), { mode: 0o600 });
  const from = [`--pathspec-from-file=${list}`, "--pathspec-file-nul"];
  await git(["add", "--intent-to-add", "--ignore-errors", ...from], { ...where, accepts: [1] });
  await rm(list, { force: true });
}

async function diffFiles(where: Where, base: string, uncommitted: ReadonlySet<string>): Promise<DiffFile[]> {
  const plain = [
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--ignore-submodules=dirty",
    "--submodule=short",
    "-M",
  ];
  const { stdout } = await git(["diff", ...plain, "--raw", "--numstat", "--no-abbrev", "-z", base], where);
  const changes = parseChanges(stdout);
  const patch = await git(["diff", ...plain, "--patch", "--src-prefix=a/", "--dst-prefix=b/", base], {
    ...where,
    maxBytes: patchMaxBytes,
  });
  const sections = hunksBySection(patch.stdout.toString("utf8"), changes);
  const last = sections.length - 1;
  let room = DIFF_TOTAL_MAX;
  return changes.map((change, index) => {
    const all = change.binary ? "" : (sections[index] ?? "");
    const hunks = upTo(all, Math.min(room, DIFF_FILE_MAX));
    room -= hunks.length;
    const cut = !change.binary && (hunks.length < all.length || (patch.isCut && index >= last));
    return { ...fields(change), uncommitted: uncommitted.has(change.path), hunks, cut };
  });
}

const fields = ({ path, oldPath, status, binary, additions, deletions }: ChangedFile) => ({
  path,
  old_path: oldPath,
  status,
  binary,
  additions,
  deletions,
});

/** Whole lines only: half a line would read like another one. */
function upTo(text: string, most: number): string {
  return text.length <= most ? text : text.slice(0, text.lastIndexOf("\n", Math.max(0, most - 1)) + 1);
}

async function commitsSince(where: Where, base: string): Promise<DiffCommit[]> {
  const format = "--format=%H%x1f%an%x1f%ct%x1f%s";
  const args = ["-z", "--no-show-signature", `--max-count=${DIFF_COMMITS_MAX}`, format, `${base}..HEAD`];
  const { stdout } = await git(["log", ...args], where);
  const entries = stdout.toString("utf8").split("\0");
  return entries
    .filter((entry) => entry.trim() !== "")
    .map((entry) => {
      const [id = "", author = "", seconds = "0", subject = ""] = entry.split("\x1f");
      const at = new Date(Number(seconds) * 1000).toISOString();
      return { id, author: author.slice(0, 200), at, subject: subject.slice(0, 500) };
    });
}
