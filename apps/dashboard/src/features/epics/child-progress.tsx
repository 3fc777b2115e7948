import type { Task } from "@orchestratia/protocol/tasks";

const words = ({ total, settled, done }: NonNullable<Task["children"]>): string => {
  const unlucky = settled - done;
  return `${done} of ${total} done${unlucky > 0 ? `, ${unlucky} ended otherwise` : ""}`;
};

/** How far the children are: those that are done, and those that ended otherwise. */
export const ChildProgress = ({ counts }: { counts: NonNullable<Task["children"]> }) => (
  <div className="flex items-center gap-3 px-4 py-2.5">
    <span
      role="progressbar"
      aria-label="Children done"
      aria-valuemin={0}
      aria-valuemax={counts.total}
      aria-valuenow={counts.done}
      aria-valuetext={words(counts)}
      className="flex h-1.5 min-w-16 flex-1 overflow-hidden rounded-full bg-hover"
    >
      <span className="h-full bg-green" style={{ width: `${(counts.done / counts.total) * 100}%` }} />
      <span className="h-full bg-grey" style={{ width: `${((counts.settled - counts.done) / counts.total) * 100}%` }} />
    </span>
    <span aria-hidden className="text-xs text-ink-soft tabular-nums">
      {words(counts)}
    </span>
  </div>
);
