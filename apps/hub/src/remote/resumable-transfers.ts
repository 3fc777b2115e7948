import { FILE_MAX_AGE_MS, type FileTransfer } from "@orchestratia/protocol/remote";
import type { TerminalFrame } from "@orchestratia/protocol/terminal-frame";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import { type Tx, transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import type { SessionHub } from "../sessions/session-hub.ts";
import { DueTimer } from "../timers/due-timer.ts";
import { FileLane } from "./file-lane.ts";
import {
  type ResumableFrame,
  type ResumableLinks,
  type ResumablePlan,
  ResumableTransfer,
  resumableView,
  type TransferEnd,
} from "./resumable-transfer.ts";
import {
  endTransfer,
  findTransfer,
  insertTransfer,
  keepProgress,
  listOverdueTransfers,
  listUnendedTransfers,
  removeOldTransfers,
  untilNextTransferIsDue,
} from "./transfer-rows.ts";

const STALL_MS = 60_000;
/** What could not be written is tried again after so long. */
const RETRY_MS = 30_000;
const MOST_NUMBER = 0xffff_ffff;

export interface ResumableOptions {
  /** A file has come for a session whose agent is to be told. */
  onArrived: () => void;
  stallMs?: number;
  maxAgeMs?: number;
}

/** Every file on its way between version 2 daemons. They are in the database, so another hub process goes on with them. */
export class ResumableTransfers implements AsyncDisposable {
  readonly #hub: SessionHub;
  readonly #options: ResumableOptions;
  readonly #links: ResumableLinks;
  readonly #byId = new Map<string, ResumableTransfer>();
  /** Those whose rows are being written: nobody is told of them before. */
  readonly #starting = new Set<ResumableTransfer>();
  /** Those that have ended, until that is written. */
  readonly #unwritten = new Map<ResumableTransfer, TransferEnd>();
  readonly #byNumber = new Map<number, ResumableTransfer>();
  readonly #lanes = new Map<string, FileLane>();
  /** So that a run's number is not that of one before the hub's restart. */
  #lastNumber = Math.floor(Math.random() * MOST_NUMBER);
  /** Rows are written one after the other. */
  #writing: Promise<void> = Promise.resolve();
  readonly expiry: DueTimer;

  constructor(hub: SessionHub, options: ResumableOptions) {
    this.#hub = hub;
    this.#options = options;
    const { connections } = hub;
    this.#links = {
      isLinked: (serverId) => connections.versionOf(serverId) === 2,
      send: (serverId, frame) => connections.send(serverId, frame),
      lane: (serverId) => this.#laneOf(serverId),
      newNumber: (transfer) => this.#newNumber(transfer),
      onChange: (transfer) => this.#changed(transfer),
      onEnd: (transfer, end) => this.#ended(transfer, end),
      stallMs: options.stallMs ?? STALL_MS,
    };
    const maxAgeMs = options.maxAgeMs ?? FILE_MAX_AGE_MS;
    this.expiry = new DueTimer({
      name: "files that do not arrive",
      log: hub.log,
      run: () => this.#expire(maxAgeMs),
      // An end that cannot be written would be due at once again.
      next: async () =>
        this.#unwritten.size > 0 ? RETRY_MS : await untilNextTransferIsDue(hub.database.sql, maxAgeMs),
    });
  }

  /** Takes up what an earlier hub left; before the first daemon signs in. */
  async load(): Promise<void> {
    for (const { plan, status, received } of await listUnendedTransfers(this.#hub.database.sql)) {
      this.#byId.set(plan.id, new ResumableTransfer(plan, this.#links, { status, received }));
    }
  }

  get underWay(): ResumablePlan[] {
    return [...this.#byId.values()].flatMap(({ isUnderWay, plan }) => (isUnderWay ? plan : []));
  }

  /** `recorded` writes what else is to be known of it, in the same transaction. */
  async start(plan: ResumablePlan, recorded: (tx: Tx) => Promise<unknown>): Promise<FileTransfer> {
    const transfer = new ResumableTransfer(plan, this.#links, { status: "pending", received: 0 });
    this.#byId.set(plan.id, transfer);
    this.#starting.add(transfer);
    try {
      await transaction(this.#hub.database.pool, async (tx) => {
        await insertTransfer(tx, plan);
        await recorded(tx);
      });
    } catch (error) {
      this.#byId.delete(plan.id);
      throw error;
    } finally {
      this.#starting.delete(transfer);
    }
    transfer.linksChanged();
    this.expiry.wake();
    return transfer.view;
  }

  /** As it is now, or as it ended. */
  async find(projectId: ProjectId, id: string): Promise<FileTransfer | undefined> {
    await this.#writing;
    const transfer = this.#byId.get(id);
    if (transfer) return transfer.plan.projectId === projectId ? transfer.view : undefined;
    const known = await findTransfer(this.#hub.database.sql, id);
    if (known?.plan.projectId !== projectId) return undefined;
    return resumableView(known.plan, { ...known, waiting_for: null });
  }

  /** False when it is none of these. What daemons say of a transfer that nobody knows any more ends it there. */
  received(serverId: string, frame: ResumableFrame): boolean {
    const transfer = this.#byId.get(frame.transfer_id);
    transfer?.receive(serverId, frame);
    // Told once more by a receiver that did not hear that it is known.
    if (!transfer && frame.type === "file_received") {
      this.#hub.connections.send(serverId, { type: "file_settled", transfer_id: frame.transfer_id });
    }
    return transfer !== undefined;
  }

  receivedBytes(serverId: string, frame: TerminalFrame): void {
    this.#byNumber.get(frame.session)?.receiveBytes(serverId, frame);
  }

  /** A link of this server came, went, or was replaced. */
  linksChanged(serverId: string): void {
    for (const transfer of this.#byId.values()) {
      if (transfer.concerns(serverId) && !this.#starting.has(transfer)) transfer.linksChanged();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const transfer of this.#byId.values()) transfer[Symbol.dispose]();
    await this.#writing;
  }

  #laneOf(serverId: string): FileLane {
    const known = this.#lanes.get(serverId);
    if (known) return known;
    const lane = new FileLane((frame) => this.#hub.connections.sendBytesFlushed(serverId, frame));
    this.#lanes.set(serverId, lane);
    return lane;
  }

  #newNumber(transfer: ResumableTransfer): number {
    this.#byNumber.delete(transfer.number);
    do this.#lastNumber = this.#lastNumber >= MOST_NUMBER ? 1 : this.#lastNumber + 1;
    while (this.#byNumber.has(this.#lastNumber));
    this.#byNumber.set(this.#lastNumber, transfer);
    return this.#lastNumber;
  }

  #changed(transfer: ResumableTransfer): void {
    const { plan, status, received } = transfer;
    this.#write(() => keepProgress(this.#hub.database.sql, plan.id, status, received));
  }

  #ended(transfer: ResumableTransfer, end: TransferEnd): void {
    this.#byNumber.delete(transfer.number);
    this.#unwritten.set(transfer, end);
    this.#write(() => this.#writeEnd(transfer, end));
  }

  async #writeEnd(transfer: ResumableTransfer, end: TransferEnd): Promise<void> {
    const { plan } = transfer;
    await transaction(this.#hub.database.pool, (tx) => recordEnd(tx, plan, end));
    this.#unwritten.delete(transfer);
    this.#byId.delete(plan.id);
    this.#hub.events.wake();
    if (end.status !== "completed") return;
    // Not before: what the receiver still knows, the next hub process hears from it.
    this.#hub.connections.send(plan.target.serverId, { type: "file_settled", transfer_id: plan.id });
    this.#options.onArrived();
  }

  #write(work: () => Promise<void>): void {
    this.#writing = this.#writing.then(work).catch((error) => {
      this.#hub.log.error({ err: error }, "what became of a file is not written yet");
    });
  }

  async #expire(maxAgeMs: number): Promise<void> {
    const { pool, sql } = this.#hub.database;
    await this.#writing;
    for (const [transfer, end] of this.#unwritten) this.#write(() => this.#writeEnd(transfer, end));
    await this.#writing;
    const error = `It was not there within ${Math.round(maxAgeMs / 3_600_000)} h.`;
    const overdue = await listOverdueTransfers(sql, maxAgeMs);
    for (const { plan } of overdue) this.#byId.get(plan.id)?.fail(error);
    await this.#writing;
    for (const { plan } of overdue) {
      // What could not be written has its own end, and is written with the next look.
      if (this.#byId.has(plan.id)) continue;
      await transaction(pool, (tx) => recordEnd(tx, plan, { status: "failed", error }));
    }
    await removeOldTransfers(sql);
  }
}

async function recordEnd(tx: Tx, plan: ResumablePlan, end: TransferEnd): Promise<void> {
  if (!(await endTransfer(tx, plan.id, end))) return;
  const about = {
    project_id: plan.projectId,
    session_id: plan.target.sessionId,
    server_id: plan.target.serverId,
    actor: { type: "system", id: null, name: "hub" },
  } as const;
  const said = { transfer_id: plan.id, filename: plan.filename, target: plan.target.name };
  if (end.status === "failed") {
    await record(tx, { ...about, type: "file.failed", details: { ...said, error: end.error } });
  } else {
    await record(tx, { ...about, type: "file.delivered", details: { ...said, path: end.arrivedPath } });
  }
}
