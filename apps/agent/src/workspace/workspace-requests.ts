import type { DaemonFrame, HubFrame } from "@orchestratia/protocol/server-link";
import type { Logger } from "pino";
import type { WorktreePolicy } from "../policy/policy.ts";
import { takeDiff } from "./diff.ts";
import { runEvidence } from "./evidence.ts";
import { NoCheckoutError, WorkspaceError } from "./git.ts";
import { commonBase } from "./worktree-status.ts";
import { Worktrees } from "./worktrees.ts";

export interface WorkspaceOptions {
  policy: () => WorktreePolicy;
  /** Where this project's checkouts are kept. */
  folder: string;
  /** Name → folder, from the configuration. */
  repos: () => Record<string, string>;
  /** Of setups and verify commands: the user's, with no key of ours. */
  env: Record<string, string>;
  /** Where a session of this registration works; undefined when there is none. */
  sessionFolder: (sessionId: string) => string | undefined;
  /** Where its sessions work that still run. */
  occupied: () => string[];
  log: Logger;
}

const evidenceLimitMaxS = 3600;

type Asked<T extends HubFrame["type"]> = Extract<HubFrame, { type: T }>;
type Answer = Omit<Extract<DaemonFrame, { type: "workspace_result" }>, "type" | "request_id" | "ok" | "error">;
type EvidenceRun = Asked<"evidence_run">;

/** What the hub asks about the checkouts of tasks. Each question is answered, with the reason when it is refused. */
export class WorkspaceRequests implements Disposable {
  readonly #send: (frame: DaemonFrame) => void;
  readonly #options: WorkspaceOptions;
  readonly #worktrees: Worktrees;
  readonly #stopping = new AbortController();
  #linked = new AbortController();

  constructor(send: (frame: DaemonFrame) => void, options: WorkspaceOptions) {
    const { folder, repos, env, policy, occupied } = options;
    this.#send = send;
    this.#options = options;
    const allowsSetup = () => policy().setup;
    this.#worktrees = new Worktrees({ folder, repos, env, occupied, allowsSetup, signal: this.#stopping.signal });
  }

  /** Never throws; a refusal is answered. */
  receive(frame: HubFrame): void {
    switch (frame.type) {
      case "workspace_prepare":
        void this.#answer(frame, async () => ({ worktree: await this.#prepare(frame) }));
        return;
      case "workspace_list":
        void this.#answer(frame, async () => ({ worktrees: await this.#worktrees.list(frame.task_ids) }));
        return;
      case "workspace_diff":
        void this.#answer(frame, async () => ({ diff: await this.#diff(frame.task_id) }));
        return;
      case "workspace_discard":
        void this.#answer(frame, () => this.#discard(frame));
        return;
      case "evidence_run":
        void this.#evidence(frame);
        return;
      default:
    }
  }

  /** Nobody waits for evidence any more: what runs is ended. Checkouts are finished and kept. */
  linkLost(): void {
    this.#linked.abort();
    this.#linked = new AbortController();
  }

  [Symbol.dispose](): void {
    this.linkLost();
    this.#stopping.abort();
  }

  async #answer({ request_id }: { request_id: string }, work: () => Promise<Answer>): Promise<void> {
    try {
      const answer = await work();
      this.#send({ type: "workspace_result", request_id, ok: true, ...answer });
    } catch (error) {
      const no_checkout = error instanceof NoCheckoutError;
      this.#send({ type: "workspace_result", request_id, ok: false, error: this.#sentence(error), no_checkout });
    }
  }

  async #prepare({ task_id, task_key, repo, branch }: Asked<"workspace_prepare">) {
    if (!this.#options.policy().create) {
      throw new NoCheckoutError("This machine makes no checkouts: worktrees.create in its policy.yaml is false.");
    }
    const worktree = await this.#worktrees.prepare({ task_id, task_key, repo, branch: branch ?? undefined });
    this.#options.log.info({ task: task_key, path: worktree.path, setup: worktree.setup.state }, "worktree prepared");
    return worktree;
  }

  async #diff(taskId: string) {
    const diff = await this.#worktrees.with(taskId, async ({ record, place }) => {
      const where = { cwd: record.path, place };
      return takeDiff(where, await commonBase(record, where));
    });
    if (!diff) throw new WorkspaceError("The task has no worktree on this machine.");
    return diff;
  }

  async #discard({ task_id, force, only_merged = false }: Asked<"workspace_discard">): Promise<Answer> {
    if (!(await this.#worktrees.discard(task_id, { force, onlyMerged: only_merged }))) {
      throw new WorkspaceError("The task has no worktree on this machine.");
    }
    this.#options.log.info({ task: task_id, force }, "worktree discarded");
    return {};
  }

  async #evidence({ request_id, task_id, worker_session, commands, limit_s }: EvidenceRun): Promise<void> {
    const { policy, env, sessionFolder, log } = this.#options;
    const linked = this.#linked.signal;
    try {
      if (!policy().verify) {
        throw new WorkspaceError("This machine runs no verify commands: worktrees.verify in its policy.yaml is false.");
      }
      const cwd = (await this.#worktrees.workingDir(task_id)) ?? sessionFolder(worker_session);
      if (cwd === undefined)
        throw new WorkspaceError("The task has no worktree and its session is not on this machine.");
      const results = await runEvidence(commands, {
        cwd,
        env,
        mark: `verify:${task_id}`,
        limitMs: Math.min(limit_s, evidenceLimitMaxS) * 1000,
        signal: linked,
        onPiece: (piece) => this.#send({ type: "evidence_output", request_id, ...piece }),
      });
      const ok = results.length === commands.length && results.every(({ exit_code }) => exit_code === 0);
      log.info({ task: task_id, ok, commands: results.length }, "verify commands were run");
      this.#send({ type: "evidence_result", request_id, ok, results });
    } catch (error) {
      this.#send({ type: "evidence_result", request_id, ok: false, error: this.#sentence(error), results: [] });
    }
  }

  #sentence(error: unknown): string {
    if (error instanceof WorkspaceError) return error.message;
    this.#options.log.error(
      { error: error instanceof Error ? error.stack : String(error) },
      "a workspace request failed",
    );
    return `The daemon could not do it: ${error instanceof Error ? error.message : String(error)}`;
  }
}
