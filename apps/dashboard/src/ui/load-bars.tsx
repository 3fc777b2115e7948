type Bar = { label: string /** 0 to 1 */; share: number; words: string };

/** Three thin bars: cpu, memory, sessions of the maximum. */
export const LoadBars = ({ bars }: { bars: readonly Bar[] }) => (
  <ul className="grid gap-1.5">
    {bars.map(({ label, share, words }) => (
      <li key={label} className="grid grid-cols-[4.5rem_1fr_auto] items-center gap-2 text-xs text-ink-soft">
        <span>{label}</span>
        <span aria-hidden className="h-1 overflow-hidden rounded-full bg-hover">
          <span
            className="block h-full origin-left rounded-full bg-slate transition-transform"
            style={{ transform: `scaleX(${Math.min(1, Math.max(0, share))})` }}
          />
        </span>
        <span className="min-w-14 text-right tabular-nums">{words}</span>
      </li>
    ))}
  </ul>
);
