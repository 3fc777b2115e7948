import { FILE_CHUNK_BYTES, type FileTransfer, type TransferStatus } from "@orchestratia/protocol/remote";
import type { DaemonFrame, HubFrame } from "@orchestratia/protocol/server-link";
import type { ProjectId, ServerId, SessionId } from "@orchestratia/protocol/vocabulary";
import { typedText } from "../delivery/typed-text.ts";
import { Spool } from "./spool.ts";

const NOT_ASKED = "The sender sent what nobody has asked for.";

/** What daemons say about transfers. */
export type FileFrame = Extract<
  DaemonFrame,
  { type: "file_accept" | "file_chunk" | "file_complete" | "file_ack" | "file_error" }
>;

export interface TransferPlan {
  id: string;
  projectId: ProjectId;
  sender: { serverId: ServerId; name: string };
  target: { serverId: ServerId; sessionId: SessionId; name: string };
  filename: string;
  filePath: string;
  size: number;
  sha256: string;
}

/** What a transfer needs of the hub. */
export interface TransferLinks {
  /** False when the server is not connected. */
  send(serverId: string, frame: HubFrame): boolean;
  /** Resolves when the frame has left the hub; false when it could not. */
  sendFlushed(serverId: string, frame: HubFrame): Promise<boolean>;
  /** Reads nothing more of the server until then. */
  holdUntil(serverId: string, then: Promise<unknown>): void;
  /** Where the file waits. */
  spoolPath(transferId: string): string;
  /** It completed or failed; told once. */
  onEnd(transfer: Transfer): void;
  /** Milliseconds without progress after which it has failed. */
  stallMs: number;
}

/**
 * A file on its way from one daemon through the hub to another. `pending` until the receiver takes it, `accepted` when
 * the sender is asked for it, `transferring` from its first piece on; then `completed` by the receiver's verdict, or
 * `failed`. Pieces wait on disk for a receiver that is slower than the sender, and never in memory.
 */
export class Transfer {
  readonly plan: TransferPlan;
  readonly #links: TransferLinks;
  readonly #totalChunks: number;
  #status: TransferStatus = "pending";
  #error: string | null = null;
  #endedAt: number | undefined;
  #spool: Spool | undefined;
  #nextIndex = 0;
  #senderIsDone = false;
  #receiverWasTold = false;
  #relayed = 0;
  #chunksRelayed = 0;
  #relaying = false;
  #relayAgain = false;
  #stall: NodeJS.Timeout | undefined;

  constructor(plan: TransferPlan, links: TransferLinks) {
    this.plan = plan;
    this.#links = links;
    this.#totalChunks = Math.ceil(plan.size / FILE_CHUNK_BYTES);
  }

  get isUnderWay(): boolean {
    return this.#endedAt === undefined;
  }

  /** By this process's clock. */
  get endedAt(): number | undefined {
    return this.#endedAt;
  }

  get view(): FileTransfer {
    const { plan } = this;
    return {
      transfer_id: plan.id,
      status: this.#status,
      filename: plan.filename,
      file_size: plan.size,
      sha256: plan.sha256,
      sender: plan.sender.name,
      target_session: plan.target.name,
      target_session_id: plan.target.sessionId,
      chunks_relayed: this.#chunksRelayed,
      total_chunks: this.#totalChunks,
      error: this.#error,
    };
  }

  concerns(serverId: string): boolean {
    return this.plan.sender.serverId === serverId || this.plan.target.serverId === serverId;
  }

  /** Offers the file to its receiver. Nobody has sent anything yet, so nothing can come before it is taken. */
  async offer(): Promise<void> {
    const { id, filename, size, sha256, sender, target } = this.plan;
    this.#spool = await Spool.create(this.#links.spoolPath(id));
    this.#progress();
    const sent = this.#links.send(target.serverId, {
      type: "file_offer",
      transfer_id: id,
      filename,
      file_size: size,
      sha256,
      sender_session: typedText(sender.name),
    });
    if (!sent) this.fail("The receiver's server is not connected.");
  }

  receive(serverId: string, frame: FileFrame): void {
    if (!this.isUnderWay || !this.concerns(serverId)) return;
    const fromSender = serverId === this.plan.sender.serverId;
    const fromTarget = serverId === this.plan.target.serverId;
    if (frame.type === "file_error") this.fail(frame.error || "The daemon says only that it does not work.");
    else if (frame.type === "file_accept" && fromTarget) this.#accepted();
    else if (frame.type === "file_chunk" && fromSender) this.#chunk(frame.index, frame.data);
    else if (frame.type === "file_complete" && fromSender) this.#complete(frame.sha256);
    else if (frame.type === "file_ack" && fromTarget) this.#verdict(frame.sha256_verified);
  }

  fail(error: string): void {
    if (!this.isUnderWay) return;
    const { id, sender, target } = this.plan;
    const reason = error.slice(0, 2_000);
    this.#end("failed", reason);
    // Whoever said so knows already, and takes it for nothing.
    for (const serverId of new Set([sender.serverId, target.serverId])) {
      this.#links.send(serverId, { type: "file_error", transfer_id: id, error: reason });
    }
  }

  #accepted(): void {
    if (this.#status !== "pending") return;
    const { id, sender, filePath } = this.plan;
    this.#status = "accepted";
    this.#progress();
    const asked = this.#links.send(sender.serverId, { type: "file_send_start", transfer_id: id, file_path: filePath });
    if (!asked) this.fail("The sender's server is not connected.");
  }

  #chunk(index: number, data: string): void {
    const { plan } = this;
    const spool = this.#spool;
    const bytes = Buffer.from(data, "base64");
    const objection = this.#objectionToChunk(index, bytes.length);
    if (!spool || objection !== undefined) {
      this.fail(objection ?? NOT_ASKED);
      return;
    }
    this.#nextIndex += 1;
    this.#status = "transferring";
    this.#progress();
    spool.append(bytes, () => void this.#relay());
    spool.settled().catch((error) => this.fail(`The hub cannot keep the file: ${String(error)}`));
    if (spool.isFull) this.#links.holdUntil(plan.sender.serverId, spool.settled());
  }

  #objectionToChunk(index: number, length: number): string | undefined {
    if (!this.#spool || this.#status === "pending" || this.#senderIsDone) return NOT_ASKED;
    if (index !== this.#nextIndex) return `Piece ${this.#nextIndex} of the file is missing.`;
    return this.#spool.accepted + length > this.plan.size ? "The file is larger than the sender said." : undefined;
  }

  #complete(sha256: string): void {
    const objection = this.#objectionToEnd(sha256.toLowerCase());
    if (objection !== undefined) {
      this.fail(objection);
      return;
    }
    this.#senderIsDone = true;
    this.#status = "transferring";
    this.#progress();
    void this.#relay();
  }

  #objectionToEnd(sha256: string): string | undefined {
    if (this.#status === "pending" || this.#senderIsDone) return NOT_ASKED;
    if (this.#spool?.accepted !== this.plan.size) return "The file is shorter than the sender said.";
    return sha256 === this.plan.sha256 ? undefined : "The file changed while it was sent.";
  }

  /** Passes on what is on disk, a piece at a time, as fast as the receiver takes it. */
  async #relay(): Promise<void> {
    this.#relayAgain = true;
    if (this.#relaying) return;
    this.#relaying = true;
    try {
      // What is written while the last look is under way is not overlooked.
      while (this.#relayAgain) {
        this.#relayAgain = false;
        while (await this.#relayNext());
      }
    } catch (error) {
      this.fail(`The hub cannot read the file again: ${String(error)}`);
    } finally {
      this.#relaying = false;
    }
  }

  async #relayNext(): Promise<boolean> {
    const { plan } = this;
    const spool = this.#spool;
    if (!spool || !this.isUnderWay) return false;
    const rest = spool.written - this.#relayed;
    if (rest >= FILE_CHUNK_BYTES || (rest > 0 && spool.written === plan.size)) return this.#relayChunk(spool);
    if (this.#senderIsDone && this.#relayed === plan.size) this.#finish();
    return false;
  }

  async #relayChunk(spool: Spool): Promise<boolean> {
    const { id, target } = this.plan;
    const bytes = await spool.read(this.#relayed, FILE_CHUNK_BYTES);
    const left = await this.#links.sendFlushed(target.serverId, {
      type: "file_chunk",
      transfer_id: id,
      index: this.#chunksRelayed,
      data: bytes.toString("base64"),
      total_chunks: this.#totalChunks,
    });
    if (!left) {
      this.fail("The receiver's server is not connected any more.");
      return false;
    }
    this.#relayed += bytes.length;
    this.#chunksRelayed += 1;
    if (this.isUnderWay) this.#progress();
    return true;
  }

  /** The last look may be taken twice. */
  #finish(): void {
    if (this.#receiverWasTold) return;
    this.#receiverWasTold = true;
    const { id, target, sha256 } = this.plan;
    const told = this.#links.send(target.serverId, {
      type: "file_complete",
      transfer_id: id,
      total_chunks: this.#totalChunks,
      sha256,
    });
    if (!told) this.fail("The receiver's server is not connected any more.");
  }

  #verdict(verified: boolean): void {
    const { id, sender } = this.plan;
    if (!this.#senderIsDone || this.#relayed !== this.plan.size) {
      this.fail("The receiver says that it has the file before it was sent.");
      return;
    }
    this.#links.send(sender.serverId, { type: "file_ack", transfer_id: id, sha256_verified: verified });
    if (verified) this.#end("completed", null);
    else this.fail("The receiver's copy is not the same as the sender's.");
  }

  #progress(): void {
    clearTimeout(this.#stall);
    const { stallMs } = this.#links;
    this.#stall = setTimeout(() => {
      const who = this.#status === "pending" ? "The receiver did not take it" : "Nothing moved";
      this.fail(`${who} within ${Math.round(stallMs / 1_000)} s.`);
    }, stallMs);
  }

  #end(status: "completed" | "failed", error: string | null): void {
    clearTimeout(this.#stall);
    this.#status = status;
    this.#error = error;
    this.#endedAt = performance.now();
    void this.#spool?.[Symbol.asyncDispose]();
    this.#links.onEnd(this);
  }
}
