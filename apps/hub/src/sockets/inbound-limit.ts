import type { Socket } from "node:net";
import type { WebSocket } from "ws";

/** What arrives behind a message in the same read is counted before it is known to be the next one. */
const SLACK_BYTES = 128 * 1024;
/** Time for the reason to reach the peer, which is still sending. */
const GOODBYE_MS = 1_000;

/**
 * Stops reading from a peer that sends more than `mostBytes` for one message: `exceeded` says why, and soon after the
 * socket is cut. The WebSocket server has one limit for all its paths, the daemons'; this is the smaller one of viewers
 * and of whoever has not signed in yet. Returns how to lift it.
 */
export function limitInbound(socket: WebSocket, stream: Socket, mostBytes: number, exceeded: () => void): () => void {
  let bytes = 0;
  const count = (chunk: Buffer) => {
    bytes += chunk.byteLength;
    if (bytes <= mostBytes + SLACK_BYTES) return;
    lift();
    exceeded();
    socket.pause();
    setTimeout(() => socket.terminate(), GOODBYE_MS);
  };
  const reset = () => {
    bytes = 0;
  };
  const lift = () => {
    stream.off("data", count);
    socket.off("message", reset);
  };
  stream.on("data", count);
  socket.on("message", reset);
  return lift;
}
