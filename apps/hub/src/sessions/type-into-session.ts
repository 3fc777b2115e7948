import { Problem } from "@orchestratia/protocol/problems";
import type { LiveSession } from "./live-sessions.ts";
import type { SessionHub } from "./session-hub.ts";

/** A paste is cut into pieces that fit any daemon's link. */
const PIECE_BYTES = 64 * 1024;

/** Throws session_not_live, or server_unreachable when the daemon cannot be reached. */
export function typeIntoSession(hub: SessionHub, session: LiveSession, bytes: Uint8Array): void {
  if (hub.sessions.get(session.id) !== session) throw new Problem("session_not_live");
  const input = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < input.length; at += PIECE_BYTES) {
    const data = input.toString("base64", at, Math.min(at + PIECE_BYTES, input.length));
    const sent = hub.connections.send(session.serverId, { type: "session_input", session_id: session.id, data });
    if (!sent) throw new Problem("server_unreachable");
  }
}
