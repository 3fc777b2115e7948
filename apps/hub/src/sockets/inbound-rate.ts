import type { WebSocket } from "ws";

const WINDOW_MS = 100;

/**
 * Reads no more than so many messages a second from a peer: who sends more is not read until the next tenth of a second,
 * so that TCP slows it down and everybody else keeps their turn. Nothing is lost. Returns how to lift it.
 */
export function limitInboundRate(socket: WebSocket, messagesPerSecond: number): () => void {
  const most = Math.ceil((messagesPerSecond * WINDOW_MS) / 1_000);
  let messages = 0;
  let since = performance.now();
  let pause: NodeJS.Timeout | undefined;
  const count = () => {
    const now = performance.now();
    if (now - since >= WINDOW_MS) {
      since = now;
      messages = 0;
    }
    messages += 1;
    if (messages < most || pause !== undefined) return;
    socket.pause();
    pause = setTimeout(goOn, WINDOW_MS - (now - since));
  };
  const goOn = () => {
    pause = undefined;
    messages = 0;
    since = performance.now();
    socket.resume();
  };
  socket.on("message", count);
  return () => {
    socket.off("message", count);
    clearTimeout(pause);
  };
}
