import { copyFile, lstat, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Worktree } from "@orchestratia/protocol/workspace";
import { holds } from "../remote/sendable-file.ts";
import { exclusively } from "./exclusive.ts";
import { type GitPlace, git, NoCheckoutError, WorkspaceError } from "./git.ts";
import { KnownContainment } from "./known-containment.ts";
import { hasProgramsIn } from "./programs-in.ts";
import { findRepository, openView, type Repository, standWhere } from "./repository-view.ts";
import { type WorktreeRecord, WorktreeRecords } from "./worktree-record.ts";
import { setUp } from "./worktree-setup.ts";
import { commitOf, isMerged, isMissing, worktreeStatus } from "./worktree-status.ts";

const setupLimitMs = 10 * 60_000;
const checkoutLimitMs = 5 * 60_000;

export interface WorktreesOptions {
  /** Where this project's checkouts are kept. */
  folder: string;
  /** Name → folder, from the configuration. */
  repos: () => Record<string, string>;
  allowsSetup: () => boolean;
  /** Where sessions work that still run. */
  occupied: () => string[];
  /** Of the setup: the user's, with no key of ours. */
  env: Record<string, string>;
  signal: AbortSignal;
}

export interface WorktreeWish {
  task_id: string;
  task_key: string;
  repo: string;
  /** What to begin from; without it what the configured checkout has. */
  branch?: string | undefined;
}

/** A worktree that is there, and git's view of it. */
export interface OpenWorktree {
  record: WorktreeRecord;
  place: GitPlace;
  workingDir: string;
}

/**
 * The checkouts of one project's tasks on this machine: one for each task, on its branch `orc/<key>`, until it is
 * discarded. Everything throws WorkspaceError with a sentence.
 */
export class Worktrees {
  readonly #options: WorktreesOptions;
  readonly #records: WorktreeRecords;
  readonly #preparing = new Map<string, Promise<Worktree>>();
  readonly #containment = new KnownContainment();
  #listing: Promise<Worktree[]> | undefined;

  constructor(options: WorktreesOptions) {
    this.#options = options;
    this.#records = new WorktreeRecords(join(options.folder, ".tasks"));
  }

  /**
   * The task's worktree, made when there is none yet, continued when its branch exists. Whoever asks while it is being
   * made, as a hub does whose link broke meanwhile, gets the same answer.
   */
  prepare(wish: WorktreeWish): Promise<Worktree> {
    const preparing =
      this.#preparing.get(wish.task_id) ?? this.#prepare(wish).finally(() => this.#preparing.delete(wish.task_id));
    this.#preparing.set(wish.task_id, preparing);
    return preparing;
  }

  async #prepare(wish: WorktreeWish): Promise<Worktree> {
    if (!/^[A-Za-z0-9]+-\d+$/.test(wish.task_key)) throw new WorkspaceError(`${wish.task_key} is not a task's key.`);
    return this.#alone(wish.task_id, async () => {
      const known = await this.#records.find(wish.task_id);
      if (known?.setup && !(await isMissing(known))) return this.#status(known);
      if (known) await this.#remove(known);
      return this.#status(await this.#create(wish));
    });
  }

  /** Those of all tasks, looked at once for all who ask meanwhile, or of some. A broken one is listed as missing. */
  list(taskIds?: readonly string[]): Promise<Worktree[]> {
    if (taskIds) return this.#list((taskId) => taskIds.includes(taskId));
    this.#listing ??= this.#list(() => true).finally(() => {
      this.#listing = undefined;
    });
    return this.#listing;
  }

  async #list(isWanted: (taskId: string) => boolean): Promise<Worktree[]> {
    const records = (await this.#records.list()).filter(({ task_id, setup }) => setup !== null && isWanted(task_id));
    const listed: Worktree[] = [];
    for (const { task_id } of records) {
      const status = await this.#alone(task_id, async () => {
        const record = await this.#records.find(task_id);
        return record && this.#status(record).catch(() => worktreeStatus(record, undefined, this.#containment));
      });
      if (status) listed.push(status);
    }
    return listed;
  }

  /** Runs `work` with the task's worktree, in which nothing of ours happens meanwhile; undefined when it has none. */
  with<T>(taskId: string, work: (worktree: OpenWorktree) => Promise<T>): Promise<T | undefined> {
    return this.#alone(taskId, async () => {
      const record = await this.#records.find(taskId);
      if (!record?.setup || (await isMissing(record))) return undefined;
      return work({ record, place: await this.#viewOf(record), workingDir: join(record.path, record.prefix) });
    });
  }

  /** Where the task's agent works, or undefined when it has no worktree. */
  async workingDir(taskId: string): Promise<string | undefined> {
    const record = await this.#records.find(taskId);
    return record?.setup && !(await isMissing(record)) ? join(record.path, record.prefix) : undefined;
  }

  /**
   * Removes a task's checkout. Its branch goes with it when all its commits are merged, and stays otherwise. Uncommitted
   * work is lost, and a session left without its folder, only with `force`; with `onlyMerged` it is refused unless nothing
   * at all is lost. True when there was one.
   */
  discard(taskId: string, { force, onlyMerged = false }: { force: boolean; onlyMerged?: boolean }): Promise<boolean> {
    return this.#alone(taskId, async () => {
      const record = await this.#records.find(taskId);
      if (!record) return false;
      const status = await this.#status(record);
      if (status.changed_files > 0 && !force) {
        const files = status.changed_files === 1 ? "1 file" : `${status.changed_files} files`;
        throw new WorkspaceError(
          `The worktree of ${record.task_key} has uncommitted changes in ${files}; commit them, or discard it by force.`,
        );
      }
      if (!force && this.#options.occupied().some((folder) => holds(record.path, folder))) {
        throw new WorkspaceError(
          `A session still works in the worktree of ${record.task_key}; close it, or discard it by force.`,
        );
      }
      const merged =
        status.missing || (await isMerged(record, { cwd: record.path, place: await this.#viewOf(record) }));
      if (onlyMerged && !merged) {
        throw new WorkspaceError(`The worktree of ${record.task_key} has commits that are not merged.`);
      }
      if (onlyMerged && (await hasProgramsIn(record.path))) {
        throw new WorkspaceError(`A program still runs in the worktree of ${record.task_key}.`);
      }
      await this.#remove(record);
      if (status.head !== null && merged) await this.#removeBranch(record, status.head);
      await this.#records.remove(taskId);
      return true;
    });
  }

  #alone<T>(taskId: string, work: () => Promise<T>): Promise<T> {
    return exclusively(this.#records.lockOf(taskId), work);
  }

  async #create(wish: WorktreeWish): Promise<WorktreeRecord> {
    const repository = await this.#repository(wish.repo);
    const path = join(this.#options.folder, wish.task_key);
    const others = (await this.#records.list()).filter(({ task_id }) => task_id !== wish.task_id);
    if (others.some((record) => record.path === path)) {
      throw new WorkspaceError(`${path} is the checkout of another task.`);
    }
    const viewDir = this.#records.viewOf(wish.task_id);
    await rm(viewDir, { recursive: true, force: true });
    const place = await openView(viewDir, repository.commonDir, path);
    const base = await baseOf(repository, wish.branch, { cwd: repository.commonDir, place });
    const record: WorktreeRecord = {
      task_id: wish.task_id,
      task_key: wish.task_key,
      repo: wish.repo,
      common_dir: repository.commonDir,
      prefix: repository.prefix,
      branch: `orc/${wish.task_key}`,
      base_branch: base.branch,
      base_commit: base.commit,
      path,
      created_at: new Date().toISOString(),
      git_dir: null,
      setup: null,
    };
    await this.#records.write(record);
    const made = { ...record, git_dir: await this.#addTo(repository.commonDir, record, place) };
    await this.#records.write(made);
    await checkOut(made, place);
    const setup = await setUp({
      isAllowed: this.#options.allowsSetup(),
      place,
      baseCommit: base.commit,
      folder: path,
      env: { ...this.#options.env, ORCHESTRATIA_REPO: this.#options.repos()[wish.repo] ?? "" },
      taskId: wish.task_id,
      limitMs: setupLimitMs,
      signal: this.#options.signal,
    });
    const ready = { ...made, setup };
    await this.#records.write(ready);
    return ready;
  }

  async #repository(name: string): Promise<Repository> {
    const folder = Object.entries(this.#options.repos()).find(
      ([known]) => known.toLowerCase() === name.toLowerCase(),
    )?.[1];
    if (folder === undefined) throw new NoCheckoutError(`This machine's agent.yaml names no repository ${name}.`);
    return findRepository(folder);
  }

  /** Registers the checkout with the repository, empty for now. The repository's own folder for it. */
  #addTo(commonDir: string, { path, branch, base_commit }: WorktreeRecord, place: GitPlace): Promise<string> {
    return exclusively(join(commonDir, "orchestratia.lock"), async () => {
      await mkdir(this.#options.folder, { recursive: true, mode: 0o700 });
      await rm(path, { recursive: true, force: true });
      const where = { cwd: this.#options.folder, place };
      const exists = (await commitOf(`refs/heads/${branch}`, where)) !== undefined;
      const from = exists ? [path, branch] : ["-b", branch, path, base_commit];
      await git(["worktree", "add", "--no-checkout", ...(exists ? [] : ["--no-track"]), ...from], where);
      // It says where our view is; the agent's git is to find the repository itself.
      const pointer = await readFile(join(path, ".git"), "utf8");
      const gitDir = join(commonDir, "worktrees", basename(pointer.trim()));
      await writeFile(join(path, ".git"), `gitdir: ${gitDir}\n`);
      return gitDir;
    });
  }

  async #viewOf(record: WorktreeRecord): Promise<GitPlace> {
    const place = await openView(this.#records.viewOf(record.task_id), record.common_dir, record.path);
    if (record.git_dir) await standWhere(place, record.git_dir);
    return place;
  }

  async #status(record: WorktreeRecord): Promise<Worktree> {
    const place = (await isMissing(record)) ? undefined : await this.#viewOf(record);
    return worktreeStatus(record, place, this.#containment);
  }

  /** The folder and what the repository knows of it; whatever of both there still is. */
  async #remove(record: WorktreeRecord): Promise<void> {
    const { path, git_dir, common_dir } = record;
    await rm(path, { recursive: true, force: true });
    if (git_dir === null || !(await lstat(common_dir).catch(() => undefined))) return;
    await exclusively(join(common_dir, "orchestratia.lock"), () => rm(git_dir, { recursive: true, force: true }));
  }

  /** Only while it still stands where it was found merged. */
  async #removeBranch(record: WorktreeRecord, head: string): Promise<void> {
    const place = await openView(this.#records.viewOf(record.task_id), record.common_dir, record.path);
    const where = { cwd: record.common_dir, place };
    if ((await commitOf(`refs/heads/${record.branch}`, where)) !== head) return;
    await git(["update-ref", "-d", `refs/heads/${record.branch}`, head], where);
  }
}

interface Where {
  cwd: string;
  place: GitPlace;
}

/** A branch here, else the one last fetched from `origin`. */
async function baseOf(repository: Repository, wanted: string | undefined, where: Where) {
  if (wanted === undefined) return { branch: repository.branch ?? null, commit: repository.head };
  for (const ref of [`refs/heads/${wanted}`, `refs/remotes/origin/${wanted}`]) {
    const commit = await commitOf(ref, where);
    if (commit !== undefined) return { branch: wanted, commit };
  }
  throw new WorkspaceError(`The repository has no branch ${wanted}, nor has origin, as far as was fetched.`);
}

/** The files as they are stored: no filter of the repository's runs. Our own index learns of them too. */
async function checkOut(record: WorktreeRecord & { git_dir: string }, place: GitPlace): Promise<void> {
  await standWhere(place, record.git_dir);
  const index = join(record.git_dir, "index");
  await git(["read-tree", "--reset", "-u", "HEAD"], {
    cwd: record.path,
    place: { ...place, GIT_INDEX_FILE: index },
    limitMs: checkoutLimitMs,
  });
  await copyFile(index, place.GIT_INDEX_FILE);
}
