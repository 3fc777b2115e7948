import { Skeleton } from "../../ui/skeleton.tsx";

/** As high as the line that says that nothing is wrong. */
export const DoctorPending = () => (
  <div role="status" aria-label="Loading" className="flex h-[46px] items-center rounded-card border bg-surface px-4">
    <Skeleton className="h-3.5 w-44" />
  </div>
);
