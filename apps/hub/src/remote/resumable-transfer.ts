import { FILE_CHUNK_BYTES, type FileTransfer, type TransferStatus } from "@orchestratia/protocol/remote";
import { type DaemonFrame, FILE_IN_FLIGHT_BYTES, type HubFrame } from "@orchestratia/protocol/server-link";
import type { TerminalFrame } from "@orchestratia/protocol/terminal-frame";
import { typedText } from "../delivery/typed-text.ts";
import type { FileLane } from "./file-lane.ts";
import type { TransferPlan } from "./transfer.ts";

/** What version 2 daemons say about transfers. */
export type ResumableFrame = Extract<
  DaemonFrame,
  { type: "file_taking" | "file_progress" | "file_received" | "file_error" }
>;

export interface ResumablePlan extends TransferPlan {
  /** Where a relative `filePath` starts. */
  senderSessionId: string | null;
  /** In the target session's directory. */
  targetPath: string;
  overwrite: boolean;
}

export type TransferEnd = { status: "completed"; arrivedPath: string } | { status: "failed"; error: string };

/** What a transfer needs of the hub. */
export interface ResumableLinks {
  /** Whether the server has a link of version 2 now. */
  isLinked(serverId: string): boolean;
  send(serverId: string, frame: HubFrame): boolean;
  lane(serverId: string): FileLane;
  /** A number for a run of this transfer, unlike that of any other run. */
  newNumber(transfer: ResumableTransfer): number;
  /** It goes on, or waits for a link; worth writing down. */
  onChange(transfer: ResumableTransfer): void;
  /** To be written down; only then may the receiver forget a file that has come. */
  onEnd(transfer: ResumableTransfer, end: TransferEnd): void;
  /** Milliseconds without a sign of either side, while both are linked, after which it has failed. */
  stallMs: number;
}

/**
 * A file on its way between two version 2 daemons. The receiver says how much of it is there, and the sender goes on
 * from that; the hub passes frames on and keeps none but those that the receiver has not acknowledged.
 *
 *   waiting (for a link) ⇄ asking (the receiver, where it stands) → sending → ended
 *
 * Each run has a number of its own, which its frames carry: what is still under way of an earlier run counts for nothing.
 */
export class ResumableTransfer {
  readonly plan: ResumablePlan;
  readonly #links: ResumableLinks;
  #state: "waiting" | "asking" | "sending" | "ended" = "waiting";
  #status: TransferStatus;
  #error: string | null = null;
  #number = 0;
  /** The next byte that is to come from the sender. */
  #next = 0;
  #received: number;
  #stall: NodeJS.Timeout | undefined;

  constructor(plan: ResumablePlan, links: ResumableLinks, known: { status: TransferStatus; received: number }) {
    this.plan = plan;
    this.#links = links;
    this.#status = known.status;
    this.#received = known.received;
  }

  /** Of the run that goes on now. */
  get number(): number {
    return this.#number;
  }

  get isUnderWay(): boolean {
    return this.#state !== "ended";
  }

  get status(): TransferStatus {
    return this.#status;
  }

  /** Bytes that the receiver says it has. */
  get received(): number {
    return this.#received;
  }

  get view(): FileTransfer {
    return resumableView(this.plan, {
      status: this.#status,
      received: this.#received,
      error: this.#error,
      waiting_for: this.#waitingFor(),
    });
  }

  #waitingFor(): FileTransfer["waiting_for"] {
    if (this.#state !== "waiting") return null;
    return this.#links.isLinked(this.plan.target.serverId) ? "sender" : "receiver";
  }

  concerns(serverId: string): boolean {
    return this.plan.sender.serverId === serverId || this.plan.target.serverId === serverId;
  }

  /** A link of one of the servers came or went: whatever was under way over it may be lost. */
  linksChanged(): void {
    if (this.#state === "ended") return;
    const { sender, target } = this.plan;
    this.#leaveRun();
    if (this.#links.isLinked(sender.serverId) && this.#links.isLinked(target.serverId)) this.#ask();
    else {
      this.#state = "waiting";
      clearTimeout(this.#stall);
      // Whoever is there still need not go on.
      this.#links.onChange(this);
    }
  }

  #leaveRun(): void {
    this.#links.lane(this.plan.target.serverId).forget(this.#number);
  }

  #ask(): void {
    const { id, target, targetPath, overwrite, size, sha256, sender } = this.plan;
    this.#number = this.#links.newNumber(this);
    this.#state = "asking";
    this.#moved();
    this.#links.send(target.serverId, {
      type: "file_take",
      transfer_id: id,
      number: this.#number,
      in_session: target.sessionId,
      path: targetPath,
      overwrite,
      file_size: size,
      sha256,
      sender: typedText(sender.name),
    });
  }

  receive(serverId: string, frame: ResumableFrame): void {
    if (!this.isUnderWay || !this.concerns(serverId)) return;
    const fromTarget = serverId === this.plan.target.serverId;
    switch (frame.type) {
      case "file_error":
        this.fail(frame.error || "The daemon says only that it does not work.");
        return;
      case "file_taking":
        if (fromTarget && frame.number === this.#number) this.#taking(frame.offset);
        return;
      case "file_progress":
        if (frame.number === this.#number) this.#progress(fromTarget ? frame.offset : 0);
        return;
      case "file_received":
        if (fromTarget) this.#complete(frame.path);
    }
  }

  #taking(offset: number): void {
    if (this.#state !== "asking") return;
    const { id, sender, senderSessionId, filePath, size, sha256 } = this.plan;
    if (offset > size) {
      this.fail("The receiver says that it has more than there is.");
      return;
    }
    this.#state = "sending";
    this.#next = offset;
    this.#received = offset;
    this.#status = offset > 0 ? "transferring" : "accepted";
    this.#moved();
    this.#links.send(sender.serverId, {
      type: "file_send",
      transfer_id: id,
      number: this.#number,
      in_session: senderSessionId,
      file_path: filePath,
      offset,
      file_size: size,
      sha256,
    });
    this.#links.onChange(this);
  }

  #progress(offset: number): void {
    this.#moved();
    if (this.#state !== "sending" || offset <= this.#received || offset > this.#next) return;
    this.#received = offset;
    const { id, sender } = this.plan;
    this.#links.send(sender.serverId, { type: "file_progress", transfer_id: id, number: this.#number, offset });
  }

  /** Bytes from the sender; those that are not the next ones of this run count for nothing. */
  receiveBytes(serverId: string, frame: TerminalFrame): void {
    if (this.#state !== "sending" || frame.session !== this.#number || serverId !== this.plan.sender.serverId) return;
    const { offset, payload } = frame;
    if (offset !== this.#next) return;
    const end = offset + payload.byteLength;
    if (end > this.plan.size || end > this.#received + FILE_IN_FLIGHT_BYTES) {
      this.fail("The sender does not keep to the file's size, or does not wait for the receiver.");
      return;
    }
    this.#next = end;
    this.#status = "transferring";
    this.#moved();
    this.#links.lane(this.plan.target.serverId).push(frame);
  }

  #complete(arrivedPath: string): void {
    this.#received = this.plan.size;
    this.#end({ status: "completed", arrivedPath });
  }

  fail(error: string): void {
    if (!this.isUnderWay) return;
    const { id, sender, target } = this.plan;
    const reason = error.slice(0, 2_000);
    this.#error = reason;
    this.#leaveRun();
    // Whoever said so knows already, and takes it for nothing.
    for (const serverId of new Set([sender.serverId, target.serverId])) {
      this.#links.send(serverId, { type: "file_error", transfer_id: id, error: reason });
    }
    this.#end({ status: "failed", error: reason });
  }

  #moved(): void {
    clearTimeout(this.#stall);
    const { stallMs } = this.#links;
    this.#stall = setTimeout(() => this.fail(`Nothing moved within ${Math.round(stallMs / 1_000)} s.`), stallMs);
  }

  #end(end: TransferEnd): void {
    clearTimeout(this.#stall);
    this.#state = "ended";
    this.#status = end.status;
    this.#links.onEnd(this, end);
  }

  /** The hub stops; another one goes on with it. */
  [Symbol.dispose](): void {
    clearTimeout(this.#stall);
    this.#state = "ended";
  }
}

export interface TransferProgress {
  status: TransferStatus;
  received: number;
  error: string | null;
  waiting_for: FileTransfer["waiting_for"];
  arrived_path?: string | null;
}

/** What is told of a transfer. */
export const resumableView = (plan: ResumablePlan, progress: TransferProgress): FileTransfer => ({
  transfer_id: plan.id,
  status: progress.status,
  filename: plan.filename,
  file_size: plan.size,
  sha256: plan.sha256,
  sender: plan.sender.name,
  target_session: plan.target.name,
  target_session_id: plan.target.sessionId,
  chunks_relayed: Math.ceil(progress.received / FILE_CHUNK_BYTES),
  total_chunks: Math.ceil(plan.size / FILE_CHUNK_BYTES),
  error: progress.error,
  waiting_for: progress.waiting_for,
  arrived_path: progress.arrived_path ?? null,
});
