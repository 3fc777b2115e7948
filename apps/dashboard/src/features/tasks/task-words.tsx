import type { TaskSummary } from "@orchestratia/protocol/tasks";
import { Lock, Unlink } from "lucide-react";
import { classNames } from "../../ui/class-names.ts";

/** Why nothing happens now, where nothing does: shown wherever a task is. */
export function WaitingWords({
  task,
  className,
}: {
  task: Pick<TaskSummary, "blocked" | "blocked_by_failed" | "waiting_for" | "status_reason" | "worker_lost_since">;
  className?: string;
}) {
  const words = task.waiting_for ?? (task.blocked ? "Blocked" : task.status_reason);
  if (!words) return null;
  return (
    <span className={classNames("inline-flex min-w-0 items-center gap-1.5 text-sm text-ink-soft", className)}>
      {task.blocked ? (
        <Lock
          aria-label={task.blocked_by_failed ? "Blocked by a failed task" : "Blocked"}
          className={classNames("size-3.5 shrink-0", task.blocked_by_failed ? "text-red" : "text-ink-faint")}
        />
      ) : null}
      {task.worker_lost_since ? <Unlink aria-label="Worker lost" className="size-3.5 shrink-0 text-red" /> : null}
      <span className="truncate">{words}</span>
    </span>
  );
}

export const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1).replaceAll("_", " ");
