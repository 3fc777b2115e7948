import type { TaskSummary } from "@orchestratia/protocol/tasks";
import Link from "next/link";
import { StatusMark } from "../../ui/status-mark.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { WaitingWords } from "./task-words.tsx";

/** One task in a list; the whole row is its link. */
export const TaskRow = ({ task }: { task: TaskSummary }) => (
  <li className="relative border-b last:border-b-0 hover:bg-hover" data-testid="task-row" data-key={task.key}>
    <Link
      href={`/tasks/${task.key}`}
      className="grid min-h-11 grid-cols-[auto_minmax(0,1fr)_auto] items-center gap-x-3 px-4 py-2 -outline-offset-2 md:grid-cols-[8.5rem_5.5rem_minmax(0,1fr)_10rem_5.5rem] md:py-1"
    >
      <StatusMark status={task.status} className="max-md:[&>span]:sr-only" />
      <span className="col-start-3 row-start-1 font-mono text-xs text-ink-faint md:col-start-2">{task.key}</span>
      <span className="col-start-2 row-start-1 min-w-0 md:col-start-3">
        <span className="block truncate text-sm font-medium">{task.title}</span>
        <WaitingWords task={task} className="flex text-xs" />
      </span>
      <span className="hidden truncate text-xs text-ink-soft md:block">
        {[task.assigned_server_name, task.target_session_name].filter(Boolean).join(" · ")}
      </span>
      <TimeAgo at={task.updated_at} className="hidden text-right text-xs text-ink-faint md:block" />
    </Link>
  </li>
);
