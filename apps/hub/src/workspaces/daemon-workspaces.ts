import { randomUUID } from "node:crypto";
import { Problem } from "@orchestratia/protocol/problems";
import type { DaemonFrame, HubFrame } from "@orchestratia/protocol/server-link";
import type { EvidenceResult, WorkspaceDiff, Worktree } from "@orchestratia/protocol/workspace";
import { PendingAnswers } from "../remote/pending-answers.ts";
import type { ServerConnections } from "../server-link/connections.ts";

type Result = Extract<DaemonFrame, { type: "workspace_result" }>;
type Evidence = Extract<DaemonFrame, { type: "evidence_result" }>;
type Question = Extract<HubFrame, { type: `workspace_${string}` }>;
type Asked<T extends HubFrame["type"]> = Omit<Extract<HubFrame, { type: T }>, "type" | "request_id">;

export type EvidencePiece = Pick<Extract<DaemonFrame, { type: "evidence_output" }>, "command" | "stream" | "content">;

/** A repository's setup may install what a project needs. */
const PREPARE_MS = 15 * 60_000;
const LOOK_MS = 120_000;

/**
 * What the hub asks daemons about the checkouts of tasks. Everything throws server_unreachable, daemon_lacks for a daemon
 * of version 1, daemon_silent, and workspace_refused with the daemon's sentence.
 */
export class DaemonWorkspaces implements Disposable {
  readonly #connections: Pick<ServerConnections, "send" | "versionOf" | "onChange">;
  readonly #lookMs: number;
  readonly #results = new PendingAnswers<Result>();
  readonly #evidence = new PendingAnswers<Evidence>();
  readonly #listeners = new Map<string, { serverId: string; onPiece: (piece: EvidencePiece) => void }>();
  readonly #stop: () => void;

  constructor(connections: Pick<ServerConnections, "send" | "versionOf" | "onChange">, lookMs = LOOK_MS) {
    this.#connections = connections;
    this.#lookMs = lookMs;
    // Also when a newer link takes the old one's place: the daemon that was asked has forgotten it.
    this.#stop = connections.onChange((serverId) => {
      this.#results.serverGone(serverId);
      this.#evidence.serverGone(serverId);
    });
  }

  async prepare(serverId: string, wanted: Asked<"workspace_prepare">): Promise<Worktree> {
    const { worktree } = await this.#ask(serverId, { type: "workspace_prepare", ...wanted }, PREPARE_MS);
    return answered(worktree);
  }

  /** All that its daemon has, or at least those of some tasks. */
  async list(serverId: string, task_ids?: string[]): Promise<Worktree[]> {
    const question = { type: "workspace_list", ...(task_ids && { task_ids }) } as const;
    return answered((await this.#ask(serverId, question, this.#lookMs)).worktrees);
  }

  async diff(serverId: string, task_id: string): Promise<WorkspaceDiff> {
    return answered((await this.#ask(serverId, { type: "workspace_diff", task_id }, this.#lookMs)).diff);
  }

  async discard(serverId: string, wanted: Asked<"workspace_discard">): Promise<void> {
    await this.#ask(serverId, { type: "workspace_discard", ...wanted }, this.#lookMs);
  }

  /** Runs verify commands; `onPiece` gets what they print as it comes, all of it before this resolves. */
  async evidence(
    serverId: string,
    wanted: Asked<"evidence_run">,
    onPiece: (piece: EvidencePiece) => void,
  ): Promise<{ ok: boolean; results: EvidenceResult[] }> {
    this.#requireVersion2(serverId);
    const request_id = randomUUID();
    this.#listeners.set(request_id, { serverId, onPiece });
    try {
      const answer = await this.#evidence.ask({
        serverId,
        key: request_id,
        withinMs: wanted.commands.length * wanted.limit_s * 1000 + this.#lookMs,
        send: () => this.#connections.send(serverId, { type: "evidence_run", request_id, ...wanted }),
      });
      if (answer.error) throw new Problem("workspace_refused", answer.error);
      return { ok: answer.ok, results: answer.results };
    } finally {
      this.#listeners.delete(request_id);
    }
  }

  /** Takes what daemons answer; every other frame is somebody else's. */
  received(serverId: string, frame: DaemonFrame): void {
    if (frame.type === "workspace_result") this.#results.answer(serverId, frame.request_id, frame);
    if (frame.type === "evidence_result") this.#evidence.answer(serverId, frame.request_id, frame);
    if (frame.type !== "evidence_output") return;
    const listener = this.#listeners.get(frame.request_id);
    if (listener?.serverId === serverId) listener.onPiece(frame);
  }

  [Symbol.dispose](): void {
    this.#stop();
    this.#results[Symbol.dispose]();
    this.#evidence[Symbol.dispose]();
  }

  async #ask(serverId: string, question: Unasked<Question>, withinMs: number): Promise<Result> {
    this.#requireVersion2(serverId);
    const request_id = randomUUID();
    const send = () => this.#connections.send(serverId, { ...question, request_id } as Question);
    const result = await this.#results.ask({ serverId, key: request_id, withinMs, send });
    if (result.ok) return result;
    const why = result.error || "The daemon refused it and did not say why.";
    throw new Problem("workspace_refused", why, result.no_checkout ? { no_checkout: true } : {});
  }

  #requireVersion2(serverId: string): void {
    const version = this.#connections.versionOf(serverId);
    if (version === undefined) throw new Problem("server_unreachable");
    if (version === 1) {
      throw new Problem(
        "daemon_lacks",
        "The server's daemon speaks version 1 of the protocol, which has no checkouts.",
      );
    }
  }
}

/** Whether the daemon can make no checkout of that folder at all, now or later. */
export const hasNoCheckouts = ({ code, members }: Problem): boolean =>
  code === "daemon_lacks" || members.no_checkout === true;

type Unasked<T> = T extends { request_id: string } ? Omit<T, "request_id"> : never;

function answered<T>(part: T | null | undefined): T {
  if (part !== null && part !== undefined) return part;
  throw new Problem("workspace_refused", "The daemon's answer lacks what it was asked for.");
}
