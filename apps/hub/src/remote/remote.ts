import type { RemoteResult } from "@orchestratia/protocol/remote";
import type { DaemonFrame } from "@orchestratia/protocol/server-link";
import type { SessionHub } from "../sessions/session-hub.ts";
import type { ExecOutput } from "./live-exec.ts";
import { PendingAnswers } from "./pending-answers.ts";
import { type ResumableOptions, ResumableTransfers } from "./resumable-transfers.ts";
import { Transfers, type TransfersOptions } from "./transfers.ts";

/** What the commands on other servers work with. */
export interface Remote {
  readonly hub: SessionHub;
  readonly execs: PendingAnswers<RemoteResult & { policy?: string | undefined }>;
  /** Of the commands whose output is read while they run, by their requests. */
  readonly outputs: Map<string, ExecOutput>;
  readonly reads: PendingAnswers<Extract<DaemonFrame, { type: "remote_read_result" }>>;
  readonly scrollbacks: PendingAnswers<{ lines: string[]; error?: string | null | undefined }>;
  /** From or to daemons of version 1. */
  readonly transfers: Transfers;
  /** Between daemons of version 2. */
  readonly resumables: ResumableTransfers;
  /** Milliseconds until nobody waits for a scrollback any more. */
  readonly scrollbackMs?: number;
}

export interface OpenRemote extends Remote, AsyncDisposable {
  /** Goes on with the files that an earlier hub left; before the first daemon signs in. */
  load(): Promise<void>;
  /** Takes what daemons answer; every other frame is somebody else's. */
  received(serverId: string, frame: DaemonFrame): void;
}

/** Listens to what becomes of the links from then on. */
export function openRemote(hub: SessionHub, options: TransfersOptions & ResumableOptions): OpenRemote {
  const remote: Remote = {
    hub,
    execs: new PendingAnswers(),
    outputs: new Map(),
    scrollbacks: new PendingAnswers(),
    reads: new PendingAnswers(),
    transfers: new Transfers(hub, options),
    resumables: new ResumableTransfers(hub, options),
  };
  const stop = hub.connections.onChange((serverId, connected) => {
    remote.transfers.linkLost(serverId);
    remote.resumables.linksChanged(serverId);
    if (connected) return;
    remote.reads.serverGone(serverId);
    remote.execs.serverGone(serverId);
    remote.scrollbacks.serverGone(serverId);
  });
  return {
    ...remote,
    load: () => remote.resumables.load(),
    received: (serverId, frame) => receive(remote, serverId, frame),
    async [Symbol.asyncDispose]() {
      stop();
      await remote.transfers[Symbol.asyncDispose]();
      await remote.resumables[Symbol.asyncDispose]();
    },
  };
}

function receive(
  { execs, outputs, reads, scrollbacks, transfers, resumables }: Remote,
  serverId: string,
  frame: DaemonFrame,
): void {
  switch (frame.type) {
    case "remote_exec_output": {
      const output = outputs.get(frame.request_id);
      if (output?.serverId === serverId) output.received(frame);
      break;
    }
    case "remote_exec_result": {
      const { request_id, exit_code, stdout, stderr, policy } = frame;
      execs.answer(serverId, request_id, { exit_code, stdout, stderr, policy });
      break;
    }
    case "remote_read_result":
      reads.answer(serverId, frame.request_id, frame);
      break;
    case "file_taking":
    case "file_progress":
    case "file_received":
      resumables.received(serverId, frame);
      break;
    case "scrollback_captured":
      scrollbacks.answer(serverId, frame.session_id, frame);
      break;
    case "file_accept":
    case "file_chunk":
    case "file_complete":
    case "file_ack":
      transfers.received(serverId, frame);
      break;
    case "file_error":
      if (!resumables.received(serverId, frame)) transfers.received(serverId, frame);
      break;
    default:
  }
}
