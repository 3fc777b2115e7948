import { mkdir, readFile, readlink, realpath, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type GitPlace, git, gitText, NoCheckoutError, WorkspaceError } from "./git.ts";

/** A repository on this machine as git itself found it. */
export interface Repository {
  /** Where its objects, branches and worktrees are kept. */
  commonDir: string;
  /** The folder that was named, within the repository: empty, or `packages/app/`. */
  prefix: string;
  /** Of the checkout that was named: a branch, or undefined when it has none. */
  branch: string | undefined;
  head: string;
}

/** Settings that say how files are stored and run nothing. */
const kept: Readonly<Record<string, RegExp>> = {
  "core.autocrlf": /^(true|false|input)$/,
  "core.eol": /^(lf|crlf|native)$/,
  "core.filemode": /^(true|false)$/,
  "core.ignorecase": /^(true|false)$/,
  "core.precomposeunicode": /^(true|false)$/,
  "core.symlinks": /^(true|false)$/,
  "extensions.objectformat": /^(sha1|sha256)$/,
};

/** Files on their way to a session that works there (`partialName`): nobody's work until they have their names. */
const arriving = ".????????-????-????-????-????????????.part";

/** What git says where it will never find one; anything else may pass. */
const noRepository: readonly (readonly [RegExp, (folder: string) => string])[] = [
  [/dubious ownership/, (folder) => `The repository in ${folder} belongs to another user than the daemon's.`],
  [/not a git repository/, (folder) => `${folder} is not a git repository, nor in one.`],
  [/could not be started/, (folder) => `${folder} or the program git is missing on this machine.`],
];

/** Finds the repository that `folder` lies in. Throws NoCheckoutError when there is none, or it has no commit yet. */
export async function findRepository(folder: string): Promise<Repository> {
  const where = { cwd: folder };
  const found = await gitText(["rev-parse", "--path-format=absolute", "--git-common-dir"], where).catch((error) => {
    const [, sentence] =
      noRepository.find(([said]) => error instanceof WorkspaceError && said.test(error.message)) ?? [];
    throw sentence ? new NoCheckoutError(sentence(folder)) : error;
  });
  const [prefix, head, branch] = await Promise.all([
    gitText(["rev-parse", "--show-prefix"], { ...where, accepts: [128] }),
    gitText(["rev-parse", "--verify", "--quiet", "HEAD"], { ...where, accepts: [1, 128] }),
    gitText(["symbolic-ref", "--quiet", "--short", "HEAD"], { ...where, accepts: [1, 128] }),
  ]);
  if (head === "") throw new NoCheckoutError(`The repository in ${folder} has no commit to begin from.`);
  return { commonDir: await realpath(resolve(folder, found)), prefix, head, branch: branch || undefined };
}

/**
 * A git folder of our own in `viewDir` that shows a repository's objects and branches and has none of its configuration:
 * no filters, diff drivers, monitors, hooks or remotes, whatever the repository or an agent in it has written, and also
 * when it is written while git runs. What git does in it to branches and worktrees it does to the repository.
 *
 * The index is ours too: an agent may mark files as unchanged in its own.
 */
export async function openView(viewDir: string, commonDir: string, workTree: string): Promise<GitPlace> {
  await mkdir(join(viewDir, "info"), { recursive: true, mode: 0o700 });
  for (const name of ["worktrees", "logs"]) await mkdir(join(commonDir, name), { recursive: true });
  for (const name of ["objects", "refs", "packed-refs", "worktrees", "logs", "shallow"]) {
    await pointTo(join(viewDir, name), join(commonDir, name));
  }
  await replace(join(viewDir, "config"), await configOf(commonDir));
  await replace(join(viewDir, "HEAD"), await headOf(commonDir));
  const excluded = await readFile(join(commonDir, "info", "exclude"), "utf8").catch(() => "");
  await replace(join(viewDir, "info", "exclude"), `${excluded}\n${arriving}\n`);
  return { GIT_DIR: viewDir, GIT_WORK_TREE: workTree, GIT_INDEX_FILE: join(viewDir, "index") };
}

/** Lets the view stand where a worktree stands: `HEAD` is then that worktree's. */
export async function standWhere(place: GitPlace, worktreeGitDir: string): Promise<void> {
  await replace(join(place.GIT_DIR, "HEAD"), await headOf(worktreeGitDir));
}

/** Reading a configuration runs nothing; it is read as text of its own file alone, with no file that it includes. */
async function configOf(commonDir: string): Promise<string> {
  const listed = await git(["config", "--file", join(commonDir, "config"), "--no-includes", "--null", "--list"], {
    cwd: commonDir,
    accepts: [1, 128],
  });
  const lines = ["[core]", "\trepositoryformatversion = 1", "\tbare = false", "\tlogallrefupdates = true"];
  for (const entry of listed.stdout.toString("utf8").split("\0")) {
    const [name = "", value = "true"] = entry.split(/\n(.*)/s);
    if (name === "extensions.refstorage" && value !== "files") {
      throw new NoCheckoutError("The repository keeps its branches as a reftable, which is not supported here.");
    }
    if (!kept[name]?.test(value)) continue;
    const [section, key] = name.split(".");
    lines.push(`[${section}]`, `\t${key} = ${value}`);
  }
  return `${lines.join("\n")}\n`;
}

async function headOf(gitDir: string): Promise<string> {
  const head = await readFile(join(gitDir, "HEAD"), "utf8").catch(() => "");
  if (/^(ref: refs\/[^\s]+|[0-9a-f]{40}|[0-9a-f]{64})\n?$/.test(head)) return head;
  throw new WorkspaceError(`${gitDir} is not the folder of a repository.`);
}

async function pointTo(link: string, target: string): Promise<void> {
  if ((await readlink(link).catch(() => undefined)) === target) return;
  await rm(link, { force: true });
  await symlink(target, link);
}

async function replace(path: string, content: string): Promise<void> {
  await writeFile(`${path}.new`, content, { mode: 0o600 });
  await rename(`${path}.new`, path);
}
