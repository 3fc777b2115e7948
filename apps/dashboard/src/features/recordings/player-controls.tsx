"use client";
import { Download, Pause, Play } from "lucide-react";
import { Button } from "../../ui/button.tsx";
import { Select } from "../../ui/control.tsx";
import type { CastPlayer, PlayerState } from "./cast-player.ts";
import { clockTime } from "./next-position.ts";

const speeds = [1, 2, 8];

/** Play, pause, where to, how fast. */
export function PlayerControls({
  player,
  state,
  begins,
  ends,
  download,
}: {
  player: CastPlayer;
  state: PlayerState;
  begins: number;
  ends: number;
  download: string;
}) {
  const { position, isPlaying, speed, skipsPauses, driver } = state;
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2 border-t bg-surface px-4 py-2">
      <Button
        variant="primary"
        size="icon"
        aria-label={isPlaying ? "Pause" : "Play"}
        onClick={() => (isPlaying ? player.pause() : player.play())}
      >
        {isPlaying ? <Pause aria-hidden /> : <Play aria-hidden />}
      </Button>
      <input
        type="range"
        aria-label="Position"
        aria-valuetext={`${clockTime(position)} of ${clockTime(ends)}`}
        className="h-8 min-w-24 flex-1 basis-24 accent-accent touch:h-11"
        min={begins}
        max={Math.max(ends, begins)}
        step="any"
        value={position}
        onChange={(event) => player.seek(Number(event.target.value))}
      />
      <span className="font-mono text-xs text-ink-soft tabular-nums" data-testid="recording-position">
        {clockTime(position)} / {clockTime(ends)}
      </span>
      <span aria-hidden className="h-0 basis-full sm:hidden" />
      <Select
        aria-label="Speed"
        className="w-20"
        value={speed}
        onChange={(event) => player.set({ speed: Number(event.target.value) })}
      >
        {speeds.map((each) => (
          <option key={each} value={each}>
            {each}x
          </option>
        ))}
      </Select>
      <label className="inline-flex items-center gap-2 text-sm text-ink-soft touch:min-h-11">
        <input
          type="checkbox"
          className="size-4 accent-accent"
          checked={skipsPauses}
          onChange={(event) => player.set({ skipsPauses: event.target.checked })}
        />
        Skip pauses
      </label>
      {driver ? <span className="max-w-40 truncate text-sm text-ink-faint">{driver} types</span> : null}
      <Button asChild>
        <a href={download} download>
          <Download aria-hidden />
          Download
        </a>
      </Button>
    </div>
  );
}
