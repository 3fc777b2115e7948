import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { transaction } from "../db/transaction.ts";
import { type Fact, record } from "../events/activity.ts";
import type { SessionHub } from "../sessions/session-hub.ts";
import { type FileFrame, Transfer, type TransferLinks, type TransferPlan } from "./transfer.ts";

const KEPT_MS = 60 * 60 * 1_000;
const STALL_MS = 30_000;

export interface TransfersOptions {
  /** For files on their way; what an earlier hub left in it is removed. */
  folder: string;
  stallMs?: number;
}

/**
 * Every file on its way from or to a daemon of version 1, in pieces of text, and for an hour what became of it. A restart
 * of the hub ends them.
 */
export class Transfers implements AsyncDisposable {
  readonly #hub: SessionHub;
  readonly #links: TransferLinks;
  readonly #folder: string;
  readonly #byId = new Map<string, Transfer>();
  /** Facts are written one after the other. */
  #recording: Promise<void> = Promise.resolve();
  #emptied: Promise<unknown> | undefined;

  constructor(hub: SessionHub, { folder, stallMs = STALL_MS }: TransfersOptions) {
    this.#hub = hub;
    this.#folder = folder;
    const { connections } = hub;
    this.#links = {
      send: (serverId, frame) => connections.send(serverId, frame),
      sendFlushed: (serverId, frame) => connections.sendFlushed(serverId, frame),
      holdUntil: (serverId, then) => connections.holdUntil(serverId, then),
      spoolPath: (transferId) => path.join(folder, transferId),
      onEnd: (transfer) => this.#ended(transfer),
      stallMs,
    };
  }

  get underWay(): TransferPlan[] {
    return [...this.#byId.values()].flatMap(({ isUnderWay, plan }) => (isUnderWay ? plan : []));
  }

  /** `recorded` is awaited before anybody is told of the file. */
  async start(plan: TransferPlan, recorded: () => Promise<void>): Promise<Transfer> {
    this.#forgetOld();
    const transfer = new Transfer(plan, this.#links);
    this.#byId.set(plan.id, transfer);
    try {
      this.#emptied ??= this.#empty();
      await this.#emptied;
      await recorded();
      await transfer.offer();
    } catch (error) {
      transfer.fail("The hub cannot keep the file.");
      throw error;
    }
    return transfer;
  }

  find(id: string): Transfer | undefined {
    return this.#byId.get(id.toLowerCase());
  }

  /** What daemons say of a transfer that nobody knows any more is passed over. */
  received(serverId: string, frame: FileFrame): void {
    this.#byId.get(frame.transfer_id)?.receive(serverId, frame);
  }

  /** Its link was lost or replaced; what was under way on the old one may be missing. */
  linkLost(serverId: string): void {
    for (const transfer of this.#byId.values()) {
      if (transfer.isUnderWay && transfer.concerns(serverId)) transfer.fail("The link to one of the servers broke.");
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const transfer of this.#byId.values()) transfer.fail("The hub is stopping.");
    await this.#recording;
  }

  async #empty(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
  }

  #forgetOld(): void {
    const before = performance.now() - KEPT_MS;
    for (const [id, { endedAt }] of this.#byId) if (endedAt !== undefined && endedAt < before) this.#byId.delete(id);
  }

  #ended({ plan, view }: Transfer): void {
    const about = {
      project_id: plan.projectId,
      session_id: plan.target.sessionId,
      server_id: plan.target.serverId,
      actor: { type: "system", id: null, name: "hub" },
    } as const;
    const said = { transfer_id: plan.id, filename: plan.filename, target: plan.target.name };
    const fact: Fact =
      view.status === "completed"
        ? { ...about, type: "file.delivered", details: said }
        : { ...about, type: "file.failed", details: { ...said, error: view.error ?? "" } };
    this.#recording = this.#recording
      .then(() => transaction(this.#hub.database.pool, (tx) => record(tx, fact)))
      .then(() => this.#hub.events.wake())
      .catch((error) => this.#hub.log.error({ err: error, transfer_id: plan.id }, "a file's end was not recorded"));
  }
}
