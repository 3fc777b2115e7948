import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { WorktreeSetup } from "@orchestratia/protocol/workspace";
import { z } from "zod";

/** What is remembered of a task's worktree, whatever happens to the worktree. */
const WorktreeRecord = z.object({
  task_id: z.string(),
  task_key: z.string(),
  repo: z.string(),
  common_dir: z.string(),
  prefix: z.string(),
  branch: z.string(),
  base_branch: z.string().nullable(),
  base_commit: z.string(),
  path: z.string(),
  created_at: z.string(),
  /** The repository's own folder for it; null while it is being made. */
  git_dir: z.string().nullable(),
  setup: WorktreeSetup.nullable(),
});
export type WorktreeRecord = z.infer<typeof WorktreeRecord>;

/** The records of one project on this machine: a file for each task, and a private view of its repository. */
export class WorktreeRecords {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  viewOf(taskId: string): string {
    return join(this.#folder, `${fileName(taskId)}.view`);
  }

  lockOf(taskId: string): string {
    return join(this.#folder, `${fileName(taskId)}.lock`);
  }

  async find(taskId: string): Promise<WorktreeRecord | undefined> {
    const text = await readFile(this.#pathOf(taskId), "utf8").catch(() => undefined);
    return text === undefined ? undefined : WorktreeRecord.parse(JSON.parse(text));
  }

  async list(): Promise<WorktreeRecord[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const taskIds = names.filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -".json".length));
    const found = await Promise.all(taskIds.map((taskId) => this.find(taskId)));
    return found.filter((record) => record !== undefined).sort((a, b) => a.task_key.localeCompare(b.task_key));
  }

  async write(record: WorktreeRecord): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const path = this.#pathOf(record.task_id);
    await writeFile(`${path}.new`, JSON.stringify(record, undefined, 2), { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  async remove(taskId: string): Promise<void> {
    await rm(this.#pathOf(taskId), { force: true });
    await rm(this.viewOf(taskId), { recursive: true, force: true });
  }

  #pathOf(taskId: string): string {
    return join(this.#folder, `${fileName(taskId)}.json`);
  }
}

const fileName = (taskId: string): string => taskId.replaceAll(/[^A-Za-z0-9_-]/g, "_");
