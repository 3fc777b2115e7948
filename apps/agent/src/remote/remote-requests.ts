import { join } from "node:path";
import type { HubFrame } from "@orchestratia/protocol/server-link";
import type { Logger } from "pino";
import type { RemotePolicy } from "../config.ts";
import { type WorkspaceOptions, WorkspaceRequests } from "../workspace/workspace-requests.ts";
import { ExecRequests } from "./exec-requests.ts";
import { IncomingFiles } from "./incoming-files.ts";
import { OutgoingFiles } from "./outgoing-files.ts";
import type { RemoteLink } from "./remote-link.ts";
import type { SendFolders } from "./sendable-file.ts";

export interface RemoteOptions {
  policy: () => RemotePolicy;
  folders: () => SendFolders;
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
  readonly #outgoing: OutgoingFiles;
  readonly #incoming: IncomingFiles;
  readonly #workspace: WorkspaceRequests;

  constructor(link: RemoteLink, { policy, folders, transfersFolder, env, workspace, log }: RemoteOptions) {
    const sendsAndTakes = () => policy().files;
    this.#execs = new ExecRequests(link, { isAllowed: () => policy().exec, env, log });
    this.#outgoing = new OutgoingFiles(link, { isAllowed: sendsAndTakes, folders });
    this.#incoming = new IncomingFiles(link, { isAllowed: sendsAndTakes, folder: transfersFolder, log });
    this.#workspace = new WorkspaceRequests((frame) => link.send(frame), workspace);
  }

  /** Never throws; a refusal is answered. */
  receive(frame: HubFrame): void {
    switch (frame.type) {
      case "remote_exec":
        void this.#execs.run(frame);
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

  /** Transfers cannot go on, and nobody waits for evidence: what was under way may be lost. Commands go on. */
  linkLost(): void {
    this.#outgoing.abortAll();
    this.#incoming.abortAll();
    this.#workspace.linkLost();
  }

  [Symbol.dispose](): void {
    this.linkLost();
    this.#execs[Symbol.dispose]();
    this.#workspace[Symbol.dispose]();
  }
}

/** A folder for each project: what arrives for one is not another's to send on. */
export const transfersFolder = (stateDir: string, projectId: string): string =>
  folderOf(stateDir, "transfers", projectId);

/** The same for the checkouts of tasks. */
export const worktreesFolder = (stateDir: string, projectId: string): string =>
  folderOf(stateDir, "worktrees", projectId);

const folderOf = (stateDir: string, what: string, projectId: string): string =>
  join(stateDir, what, projectId.replaceAll(/[^A-Za-z0-9_-]/g, "_"));
