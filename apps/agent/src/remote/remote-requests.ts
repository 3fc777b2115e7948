import { homedir } from "node:os";
import { join } from "node:path";
import type { HubFrame } from "@orchestratia/protocol/server-link";
import type { Logger } from "pino";
import type { Policy } from "../policy/policy.ts";
import { PolicyRefusal } from "../policy/policy-refusal.ts";
import { type WorkspaceOptions, WorkspaceRequests } from "../workspace/workspace-requests.ts";
import { ExecRequests } from "./exec-requests.ts";
import { FileSender } from "./file-sender.ts";
import { FileTaker } from "./file-taker.ts";
import { IncomingFiles } from "./incoming-files.ts";
import { OutgoingFiles } from "./outgoing-files.ts";
import { ReadRequests } from "./read-requests.ts";
import type { RemoteLink } from "./remote-link.ts";
import { holds, type SendFolders } from "./sendable-file.ts";

export interface RemoteOptions {
  policy: () => Policy;
  folders: () => SendFolders;
  /** Where a session of this registration works; undefined when there is none. */
  sessionFolder: (sessionId: string) => string | undefined;
  /** Where this project's files arrive. */
  transfersFolder: string;
  /** Of commands: the user's, with no key of ours. */
  env: Record<string, string>;
  /** The checkouts of tasks. */
  workspace: WorkspaceOptions;
  log: Logger;
}

/** What the hub asks of the machine and not of one of its sessions. */
export class RemoteRequests implements Disposable {
  readonly #execs: ExecRequests;
  readonly #reads: ReadRequests;
  readonly #outgoing: OutgoingFiles;
  readonly #incoming: IncomingFiles;
  readonly #sender: FileSender;
  readonly #taker: FileTaker;
  readonly #workspace: WorkspaceRequests;

  constructor(link: RemoteLink, options: RemoteOptions) {
    const { policy, folders, sessionFolder, transfersFolder, env, workspace, log } = options;
    const take = () => allow(policy().files.in, "files.in", "takes no files");
    const send = () => allow(policy().files.out, "files.out", "sends no files");
    const run = () => allow(policy().remote.exec, "remote.exec", "runs no remote commands");
    const read = () => {
      const { exec, read = exec } = policy().remote;
      allow(read, "remote.read", "lets nobody read its files");
    };
    const secret = () => folders().secret;
    // A session that works in the home folder, or above it, is no place for files: keys and start files are there too.
    const folderFor = (sessionId: string) => {
      const folder = sessionFolder(sessionId);
      return folder !== undefined && holds(folder, homedir()) ? transfersFolder : folder;
    };
    this.#execs = new ExecRequests(link, { allow: run, env, log });
    this.#reads = new ReadRequests(link, { allow: read, folderOf: folderFor, secret });
    this.#outgoing = new OutgoingFiles(link, { allow: send, folders });
    this.#incoming = new IncomingFiles(link, { allow: take, folder: transfersFolder, log });
    this.#sender = new FileSender(link, { allow: send, folders, folderOf: sessionFolder });
    this.#taker = new FileTaker(link, {
      allow: take,
      folderOf: folderFor,
      secret,
      recordsFolder: join(transfersFolder, ".taken"),
      log,
    });
    this.#workspace = new WorkspaceRequests((frame) => link.send(frame), workspace);
  }

  /** Never throws; a refusal is answered. */
  receive(frame: HubFrame): void {
    switch (frame.type) {
      case "remote_exec":
        void this.#execs.run(frame);
        return;
      case "remote_exec_taken":
        this.#execs.taken(frame.request_id, frame.pieces);
        return;
      case "remote_exec_cancel":
        this.#execs.cancel(frame.request_id);
        return;
      case "remote_read":
        void this.#reads.read(frame);
        return;
      case "file_take":
        void this.#taker.take(frame);
        return;
      case "file_send":
        void this.#sender.send(frame);
        return;
      case "file_progress":
        this.#sender.progress(frame);
        return;
      case "file_settled":
        void this.#taker.settled(frame.transfer_id);
        return;
      case "file_send_start":
        void this.#outgoing.start(frame);
        return;
      case "file_offer":
        void this.#incoming.offered(frame);
        return;
      case "file_chunk":
        this.#incoming.piece(frame);
        return;
      case "file_complete":
        void this.#incoming.completed(frame);
        return;
      case "file_error":
        this.#outgoing.abort(frame.transfer_id);
        this.#incoming.abort(frame.transfer_id);
        this.#sender.stop(frame.transfer_id);
        void this.#taker.abort(frame.transfer_id);
        return;
      // The sender is through when the hub has the file; what the receiver says of it is the hub's to tell.
      case "file_ack":
      // Rules are kept to by an agent's hooks, and we install none: there is nobody to read them again.
      case "approval_rules_updated":
        return;
      default:
        this.#workspace.receive(frame);
    }
  }

  /** A file's bytes, by the number of its transfer. */
  receiveBytes(number: number, offset: number, bytes: Uint8Array): void {
    this.#taker.receive(number, offset, bytes);
  }

  /**
   * Files in pieces of version 1 cannot go on, and nobody waits for evidence: what was under way may be lost. Other files
   * go on over the next link, and commands to their end.
   */
  linkLost(): void {
    this.#execs.linkLost();
    this.#sender.stopAll();
    this.#taker.linkLost();
    this.#outgoing.abortAll();
    this.#incoming.abortAll();
    this.#workspace.linkLost();
  }

  [Symbol.dispose](): void {
    this.linkLost();
    this.#execs[Symbol.dispose]();
    this.#taker[Symbol.dispose]();
    this.#workspace[Symbol.dispose]();
  }
}

function allow(isAllowed: boolean, policy: string, refusal: string): void {
  if (!isAllowed) throw new PolicyRefusal(policy, refusal);
}

/** A folder for each project: what arrives for one is not another's to send on. */
export const transfersFolder = (stateDir: string, projectId: string): string =>
  folderOf(stateDir, "transfers", projectId);

/** The same for the checkouts of tasks. */
export const worktreesFolder = (stateDir: string, projectId: string): string =>
  folderOf(stateDir, "worktrees", projectId);

const folderOf = (stateDir: string, what: string, projectId: string): string =>
  join(stateDir, what, projectId.replaceAll(/[^A-Za-z0-9_-]/g, "_"));
