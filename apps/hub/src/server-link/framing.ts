import type { DaemonFrame, HubFrame } from "@orchestratia/protocol/server-link";
import type { TerminalFrame } from "@orchestratia/protocol/terminal-frame";

/** What a daemon's message turned out to be. */
export type Decoded =
  | { kind: "frame"; frame: DaemonFrame }
  /** Terminal bytes; version 2 only. */
  | { kind: "bytes"; frame: TerminalFrame }
  /** Of a type that this hub does not know: newer daemons may send such. */
  | { kind: "unknown" }
  /** Of a known type, but not in its form. */
  | { kind: "malformed"; why: string }
  /** No frame at all. */
  | { kind: "junk"; why: string };

/** How frames are written on the wire; a link's is chosen when its daemon signs in. */
export interface Framing {
  readonly version: 1 | 2;
  decode(data: Buffer, isBinary: boolean): Decoded;
  /** Undefined when the frame is too large for the link. */
  encode(frame: HubFrame): string | undefined;
}
