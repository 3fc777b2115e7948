"use client";
import type { DashboardSocket } from "@orchestratia/client/dashboard-socket";
import { withoutDeviceReplies } from "@orchestratia/client/device-replies";
import dynamic from "next/dynamic";
import { useMemo, useRef, useState } from "react";
import { Skeleton } from "../../ui/skeleton.tsx";
import { type Driver, DriverBar } from "./driver-bar.tsx";
import type { Screen, ScreenEvents } from "./terminal-screen.tsx";

const TerminalScreen = dynamic(() => import("./terminal-screen.tsx").then((module) => module.TerminalScreen), {
  ssr: false,
  loading: () => <Skeleton className="h-full rounded-none bg-terminal" />,
});

const resizeAfterMs = 150;
const isMouseReport = (typed: string) => typed.startsWith("\x1b[<") || typed.startsWith("\x1b[M");
const nobody: Driver = { user: null, you: false };

/**
 * A session's screen, tied to the hub for as long as it is shown. Everybody's screen has the driver's size; it changes
 * when the hub says so, between the bytes that were printed before and after.
 */
export function LiveTerminal({
  sessionId,
  label,
  socket,
  mayType,
  isLive,
}: {
  sessionId: string;
  label: string;
  socket: DashboardSocket;
  mayType: boolean;
  isLive: boolean;
}) {
  const [problem, setProblem] = useState<string | null>(null);
  const [driver, setDriver] = useState(nobody);
  const driving = useRef(nobody);
  const shown = useRef<Screen>(null);
  const resizeTimer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const events = useMemo<ScreenEvents>(() => {
    const tellRoom = (screen: Screen) => {
      const room = screen.room();
      if (room) socket.resize(sessionId, room);
    };
    return {
      onReady(screen, room) {
        shown.current = screen;
        socket.attach(sessionId, room, mayType ? "drive" : "watch", {
          onAttached({ cols, rows }) {
            setProblem(null);
            screen.setSize(cols, rows);
            screen.replaying();
          },
          onOutput(bytes, offset) {
            screen.write(bytes, () => socket.consumed(sessionId, offset + bytes.byteLength));
          },
          onSnapshot({ offset, ...snapshot }) {
            screen.replace(snapshot, () => socket.consumed(sessionId, offset));
            screen.replaying();
          },
          onStartOver: () => screen.clear(),
          onResized: ({ cols, rows }) => screen.setSize(cols, rows),
          onDriver(user, you) {
            setProblem(null);
            driving.current = { user, you };
            setDriver(driving.current);
            screen.setRole({ drives: you, mayType: mayType && (you || user === null) });
            if (you) tellRoom(screen);
          },
          onProblem: setProblem,
        });
        if (mayType) screen.focus();
        return () => {
          shown.current = null;
          clearTimeout(resizeTimer.current);
          socket.detach(sessionId);
        };
      },
      onTyped(text) {
        const { you } = driving.current;
        const typed = withoutDeviceReplies(text, you ? "driver" : "spectator");
        // Nobody takes the keyboard by moving the mouse.
        if (mayType && typed !== "" && (you || !isMouseReport(typed)))
          socket.type(sessionId, new TextEncoder().encode(typed));
      },
      onMouse(bytes) {
        if (mayType && driving.current.you) socket.type(sessionId, bytes);
      },
      onRoom(screen) {
        clearTimeout(resizeTimer.current);
        resizeTimer.current = setTimeout(() => tellRoom(screen), resizeAfterMs);
      },
    };
  }, [sessionId, socket, mayType]);

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      {isLive ? (
        <DriverBar
          driver={driver}
          mayType={mayType}
          onTakeOver={() => {
            socket.takeOver(sessionId);
            shown.current?.focus();
          }}
          onRelease={() => socket.release(sessionId)}
        />
      ) : null}
      {problem ? (
        <p role="status" className="border-b bg-sunken px-4 py-2 text-sm">
          {problem}
        </p>
      ) : null}
      <div className="min-h-0 flex-1">
        <TerminalScreen events={events} label={label} />
      </div>
    </div>
  );
}
