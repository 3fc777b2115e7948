"use client";
import type { DashboardSocket } from "@orchestratia/client/dashboard-socket";
import dynamic from "next/dynamic";
import { useMemo, useRef, useState } from "react";
import { Skeleton } from "../../ui/skeleton.tsx";
import type { ScreenEvents } from "./terminal-screen.tsx";

const TerminalScreen = dynamic(() => import("./terminal-screen.tsx").then((module) => module.TerminalScreen), {
  ssr: false,
  loading: () => <Skeleton className="h-full rounded-none bg-terminal" />,
});

const resizeAfterMs = 150;

/** A session's screen, tied to the hub for as long as it is shown. */
export function LiveTerminal({
  sessionId,
  label,
  socket,
  mayType,
}: {
  sessionId: string;
  label: string;
  socket: DashboardSocket;
  mayType: boolean;
}) {
  const [problem, setProblem] = useState<string | null>(null);
  const resizeTimer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const events = useMemo<ScreenEvents>(
    () => ({
      onReady(screen, size) {
        let expected: number | undefined;
        socket.attach(sessionId, size, mayType ? "drive" : "watch", {
          onAttached(frame) {
            setProblem(null);
            // What follows does not continue what is shown: bytes are missing, so the screen starts over.
            if (frame.offset !== expected) screen.clear();
            expected = frame.offset;
            if (!mayType) screen.setSize(frame.cols, frame.rows);
            screen.replaying();
          },
          onOutput(bytes, offset) {
            expected = offset + bytes.byteLength;
            screen.write(bytes);
          },
          onProblem: setProblem,
        });
        if (mayType) screen.focus();
        return () => {
          clearTimeout(resizeTimer.current);
          socket.detach(sessionId);
        };
      },
      onInput(bytes) {
        if (mayType) socket.type(sessionId, bytes);
      },
      onRoom(cols, rows, screen) {
        if (!mayType) return;
        screen.setSize(cols, rows);
        clearTimeout(resizeTimer.current);
        resizeTimer.current = setTimeout(() => socket.resize(sessionId, { cols, rows }), resizeAfterMs);
      },
    }),
    [sessionId, socket, mayType],
  );

  return (
    <div className="flex min-h-0 flex-1 flex-col">
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
