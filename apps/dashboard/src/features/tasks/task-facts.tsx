import { isSettled } from "@orchestratia/domain/task-lifecycle";
import type { Task } from "@orchestratia/protocol/tasks";
import Link from "next/link";
import type { ReactNode } from "react";
import { Card } from "../../ui/card.tsx";
import { KeyValue } from "../../ui/key-value.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { MatchDialog } from "./match-dialog.tsx";
import { capital } from "./task-words.tsx";

/** The tasks whose failure keeps this one from starting; they may stand further up than the ones it waits for. */
function heldBy({ blocked_by_failed, dependencies }: Task): ReactNode {
  if (!blocked_by_failed) return null;
  const failed = dependencies.filter(
    ({ resolved, dependency_type, depends_on_status }) =>
      !resolved &&
      dependency_type !== "related" &&
      (depends_on_status === "failed" || depends_on_status === "cancelled"),
  );
  if (failed.length === 0) return "A task further up that failed or was cancelled";
  return (
    <ul>
      {failed.map(({ id, depends_on_key, depends_on_status }) => (
        <li key={id}>
          <Link href={`/tasks/${depends_on_key}`} className="text-accent underline underline-offset-2 touch:py-3">
            {depends_on_key}
          </Link>{" "}
          ({depends_on_status})
        </li>
      ))}
    </ul>
  );
}

/** Where the task is, whose it is, and since when. */
export const TaskFacts = ({ task }: { task: Task }) => (
  <Card title="Facts">
    <KeyValue
      rows={[
        ["Now", task.waiting_for],
        ["Held by", heldBy(task)],
        ["Worker lost", task.worker_lost_since ? <TimeAgo key="lost" at={task.worker_lost_since} /> : null],
        ["Reason", task.status_reason],
        [
          "Server",
          task.type === "epic" ? null : (
            <span key="server" className="inline-flex flex-wrap items-center gap-x-3">
              {task.assigned_server_name ?? <span className="text-ink-faint">None yet</span>}
              <MatchDialog task={task} />
            </span>
          ),
        ],
        ["Session", task.target_session_name],
        ["Type", capital(task.type)],
        ["Priority", capital(task.priority)],
        ["Labels", task.labels.join(", ")],
        ["Repository", task.target_repo],
        ["Branch", task.target_branch],
        ["Attempt", task.attempt > 1 ? task.attempt : null],
        ["Placement", task.auto_assign || task.type === "epic" || isSettled(task.status) ? null : "Only by a person"],
        ["Created", <TimeAgo key="created" at={task.created_at} />],
        ["By", task.created_by.name],
        ["Started", task.started_at ? <TimeAgo key="started" at={task.started_at} /> : null],
        ["Completed", task.completed_at ? <TimeAgo key="completed" at={task.completed_at} /> : null],
        ["Archived", task.archived_at ? <TimeAgo key="archived" at={task.archived_at} /> : null],
      ]}
    />
  </Card>
);
