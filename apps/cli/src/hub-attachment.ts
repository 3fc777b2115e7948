import { DashboardSocket } from "@orchestratia/client/dashboard-socket";
import { WebSocket } from "ws";
import type { AttachEvents, Attachment, Size } from "./attached-terminal.ts";

export interface HubSession {
  url: string;
  token: string;
  id: string;
  mode: "watch" | "drive";
}

/** A session's terminal through the hub, where one person types at a time. */
export function attachThroughHub({ url, token, id, mode }: HubSession, events: AttachEvents, size: Size): Attachment {
  const socket = new DashboardSocket({
    url: `${url.replace(/^http/, "ws")}/ws/dashboard`,
    token,
    open: (address) => new WebSocket(address) as unknown as globalThis.WebSocket,
    onState: (state) => state === "reconnecting" && events.onLinkCut(),
    onFrame(frame) {
      if (frame.type !== "session_event" || frame.session_id !== id) return;
      if (frame.event === "session.closed") events.onClosed(exitCodeOf(frame.details));
    },
  });
  const takesOver = mode === "drive" ? "Ctrl-] t takes over, " : "";
  socket.subscribe(`session:${id}`);
  socket.attach(id, size, mode, {
    onAttached: () => events.onAttached(),
    onOutput: (bytes, offset) => events.onOutput(bytes, () => socket.consumed(id, offset + bytes.byteLength)),
    onSnapshot: ({ offset, text }) => events.onSnapshot(text, () => socket.consumed(id, offset)),
    onStartOver: () => events.onStartOver(),
    // This window has the size that it has.
    onResized() {},
    onDriver: (user, you) => events.onDriver(you, you ? "you type; " : `${user ?? "nobody"} types; ${takesOver}`),
    onProblem: (detail) => events.onProblem(detail),
  });
  return {
    type: (bytes) => socket.type(id, bytes),
    resize: (wanted) => socket.resize(id, wanted),
    takeOver: () => socket.takeOver(id),
    release: () => socket.release(id),
    close: () => socket.close(),
  };
}

function exitCodeOf({ exit_code }: Record<string, unknown>): number | null {
  return typeof exit_code === "number" ? exit_code : null;
}
