import type { DaemonFrame } from "@orchestratia/protocol/server-link";

/** The line to the hub as far as remote requests need it. What is sent while it is broken is lost. */
export interface RemoteLink {
  send(frame: DaemonFrame): void;
  /** Resolves when the kernel has taken the frame; false when it could not. */
  sendFlushed(frame: DaemonFrame): Promise<boolean>;
  /** For what must delay little else: it takes turns of `OutputTurns`. Resolves when the kernel has taken it, or the link broke. */
  sendInBackground(frame: Uint8Array | DaemonFrame): Promise<void>;
  /** Reads nothing more of the hub until then. */
  hold(until: Promise<unknown>): void;
}
