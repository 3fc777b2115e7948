import type { RemoteResult } from "@orchestratia/protocol/remote";
import type { DaemonFrame } from "@orchestratia/protocol/server-link";
import type { SessionHub } from "../sessions/session-hub.ts";
import { PendingAnswers } from "./pending-answers.ts";
import { Transfers, type TransfersOptions } from "./transfers.ts";

/** What the commands on other servers work with. */
export interface Remote {
  readonly hub: SessionHub;
  readonly execs: PendingAnswers<RemoteResult>;
  readonly scrollbacks: PendingAnswers<{ lines: string[]; error?: string | null | undefined }>;
  readonly transfers: Transfers;
  /** Milliseconds until nobody waits for a scrollback any more. */
  readonly scrollbackMs?: number;
}

export interface OpenRemote extends Remote, AsyncDisposable {
  /** Takes what daemons answer; every other frame is somebody else's. */
  received(serverId: string, frame: DaemonFrame): void;
}

/** Listens to what becomes of the links from then on. */
export function openRemote(hub: SessionHub, transfersOptions: TransfersOptions): OpenRemote {
  const remote: Remote = {
    hub,
    execs: new PendingAnswers(),
    scrollbacks: new PendingAnswers(),
    transfers: new Transfers(hub, transfersOptions),
  };
  const stop = hub.connections.onChange((serverId, connected) => {
    remote.transfers.linkLost(serverId);
    if (connected) return;
    remote.execs.serverGone(serverId);
    remote.scrollbacks.serverGone(serverId);
  });
  return {
    ...remote,
    received: (serverId, frame) => receive(remote, serverId, frame),
    async [Symbol.asyncDispose]() {
      stop();
      await remote.transfers[Symbol.asyncDispose]();
    },
  };
}

function receive({ execs, scrollbacks, transfers }: Remote, serverId: string, frame: DaemonFrame): void {
  switch (frame.type) {
    case "remote_exec_result": {
      const { request_id, exit_code, stdout, stderr } = frame;
      execs.answer(serverId, request_id, { exit_code, stdout, stderr });
      break;
    }
    case "scrollback_captured":
      scrollbacks.answer(serverId, frame.session_id, frame);
      break;
    case "file_accept":
    case "file_chunk":
    case "file_complete":
    case "file_ack":
    case "file_error":
      transfers.received(serverId, frame);
      break;
    default:
  }
}
