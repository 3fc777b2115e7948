"use client";
import type { Recording } from "@orchestratia/protocol/recordings";
import dynamic from "next/dynamic";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { ErrorState } from "../../ui/error-state.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import type { ScreenEvents } from "../sessions/terminal-screen.tsx";
import { CastPlayer } from "./cast-player.ts";
import { PlayerControls } from "./player-controls.tsx";
import { momentPosition } from "./recording-address.ts";
import { RecordingMoments } from "./recording-moments.tsx";
import { castAddress, openCast } from "./recording-queries.ts";

const TerminalScreen = dynamic(
  () => import("../sessions/terminal-screen.tsx").then((module) => module.TerminalScreen),
  {
    ssr: false,
    loading: () => <Skeleton className="h-full rounded-none bg-terminal" />,
  },
);

/** Calls the player with each picture that the browser draws, while it plays. */
function useTicks(player: CastPlayer, isPlaying: boolean): void {
  useEffect(() => {
    if (!isPlaying) return;
    let last = performance.now();
    let frame = requestAnimationFrame(function tick(now) {
      player.tick(Math.max(0, now - last) / 1000);
      last = now;
      frame = requestAnimationFrame(tick);
    });
    return () => cancelAnimationFrame(frame);
  }, [player, isPlaying]);
}

/** Where a recording is opened (seconds since the session's start), and what is looked for in it at first. */
export type RecordingStart = { at: number | undefined; words: string };

/** A session's recording on a terminal of its own, which nobody types into. */
export function RecordingPlayer({
  project,
  recording,
  start,
}: {
  project: string;
  recording: Recording;
  start: RecordingStart;
}) {
  const { session_id: session, session_name: name, begins, ends } = recording;
  const [player] = useState(
    () =>
      new CastPlayer({ begins, ends, at: start.at, open: (from, signal) => openCast(project, session, from, signal) }),
  );
  const state = useSyncExternalStore(
    player.subscribe,
    () => player.state,
    () => player.state,
  );
  useEffect(() => player.grow(ends), [player, ends]);
  useTicks(player, state.isPlaying);
  const events = useMemo<ScreenEvents>(
    () => ({
      onReady(screen) {
        screen.setRole({ drives: false, mayType: false });
        return player.show(screen);
      },
      onTyped: () => {},
      onMouse: () => {},
      onRoom: () => {},
    }),
    [player],
  );
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      {state.problem ? <ErrorState className="m-3" error={state.problem} /> : null}
      <div className="flex min-h-0 flex-1 flex-col lg:flex-row">
        <div className="min-h-0 min-w-0 flex-1" aria-busy={state.isLoading}>
          <TerminalScreen events={events} label={`Recording of ${name}`} />
        </div>
        <div className="flex max-h-56 min-h-0 flex-col border-t bg-surface lg:max-h-none lg:w-80 lg:border-t-0 lg:border-l">
          <RecordingMoments
            project={project}
            session={session}
            initialWords={start.words}
            onJump={(at) => player.seek(momentPosition(at))}
          />
        </div>
      </div>
      <PlayerControls
        player={player}
        state={state}
        begins={begins}
        ends={ends}
        download={castAddress(project, session)}
      />
    </div>
  );
}
