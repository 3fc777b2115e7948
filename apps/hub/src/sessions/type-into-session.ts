import { Problem } from "@orchestratia/protocol/problems";
import { TERMINAL_KINDS } from "@orchestratia/protocol/terminal-frame";
import type { LiveSession } from "./live-sessions.ts";
import type { SessionHub } from "./session-hub.ts";

/** A paste is cut into pieces that fit any daemon's link. */
const PIECE_BYTES = 64 * 1024;

/** Throws session_not_live, or server_unreachable when the daemon cannot be reached. */
export function typeIntoSession(hub: SessionHub, session: LiveSession, bytes: Uint8Array): void {
  if (hub.sessions.get(session.id) !== session) throw new Problem("session_not_live");
  for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) {
    if (!sendPiece(hub, session, bytes.subarray(at, at + PIECE_BYTES))) throw new Problem("server_unreachable");
  }
}

function sendPiece({ connections }: SessionHub, { id, number, serverId }: LiveSession, payload: Uint8Array): boolean {
  if (connections.versionOf(serverId) === 2) {
    return connections.sendBytes(serverId, { kind: TERMINAL_KINDS.input, session: number, offset: 0, payload });
  }
  const data = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("base64");
  return connections.send(serverId, { type: "session_input", session_id: id, data });
}
