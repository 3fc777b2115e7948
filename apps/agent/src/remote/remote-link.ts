import type { DaemonFrame } from "@orchestratia/protocol/server-link";

/** The line to the hub as far as remote requests need it. What is sent while it is broken is lost. */
export interface RemoteLink {
  send(frame: DaemonFrame): void;
  /** Resolves when the kernel has taken the frame; false when it could not. */
  sendFlushed(frame: DaemonFrame): Promise<boolean>;
  /** Reads nothing more of the hub until then. */
  hold(until: Promise<unknown>): void;
}
