import type { TaskSummary } from "@orchestratia/protocol/tasks";
import type { Output, Paint } from "./output.ts";
import { tableLines } from "./table.ts";
import { paintStatus, taskLines } from "./task-text.ts";

/** Tasks as a table that fits the terminal; elsewhere each with everything that is known in short, as programs read it. */
export function taskListLines(tasks: readonly TaskSummary[], paint: Paint, { columns }: Output): string[] {
  if (columns === undefined) return tasks.flatMap((task) => taskLines(task, paint));
  if (tasks.length === 0) return [];
  const head = [
    { title: "key", paint: paint.cyan },
    { title: "status", paint: (status: string) => paintStatus(status, paint) },
    { title: "priority" },
    { title: "title", gives: true },
    { title: "where", gives: true },
    { title: "waiting", gives: true, paint: paint.yellow },
  ];
  const rows = tasks.map((task) => [
    task.key,
    task.status,
    task.priority,
    task.title,
    task.target_session_name ?? task.assigned_server_name ?? "",
    task.waiting_for ?? task.status_reason ?? "",
  ]);
  return tableLines(head, rows, columns);
}
