import { classNames } from "./class-names.ts";

/** A grey stand-in with the size of what will come. */
export const Skeleton = ({ className }: { className?: string }) => (
  <span aria-hidden className={classNames("block animate-breathe rounded-control bg-hover", className)} />
);

/** `rows` lines with a list's height, announced once. */
export const SkeletonRows = ({ rows, className }: { rows: number; className?: string }) => (
  <div role="status" aria-label="Loading">
    {Array.from({ length: rows }, (_, row) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: identical placeholders have no other key
      <div key={row} className={classNames("flex h-11 items-center gap-3 border-b px-4 last:border-b-0", className)}>
        <Skeleton className="size-4 rounded-full" />
        <Skeleton className="h-3.5 w-14" />
        <Skeleton className={classNames("h-3.5", row % 2 ? "w-2/5" : "w-1/2")} />
      </div>
    ))}
  </div>
);
