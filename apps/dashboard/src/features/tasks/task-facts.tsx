import type { Task } from "@orchestratia/protocol/tasks";
import { Card } from "../../ui/card.tsx";
import { KeyValue } from "../../ui/key-value.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { MatchDialog } from "./match-dialog.tsx";
import { capital } from "./task-words.tsx";

/** Where the task is, whose it is, and since when. */
export const TaskFacts = ({ task }: { task: Task }) => (
  <Card title="Facts">
    <KeyValue
      rows={[
        [
          "Server",
          <span key="server" className="inline-flex flex-wrap items-center gap-x-3">
            {task.assigned_server_name ?? <span className="text-ink-faint">None yet</span>}
            <MatchDialog task={task} />
          </span>,
        ],
        ["Session", task.target_session_name],
        ["Type", capital(task.type)],
        ["Priority", capital(task.priority)],
        ["Labels", task.labels.join(", ")],
        ["Repository", task.target_repo],
        ["Branch", task.target_branch],
        ["Attempt", task.attempt > 1 ? task.attempt : null],
        ["Created", <TimeAgo key="created" at={task.created_at} />],
        ["By", task.created_by.name],
        ["Started", task.started_at ? <TimeAgo key="started" at={task.started_at} /> : null],
        ["Completed", task.completed_at ? <TimeAgo key="completed" at={task.completed_at} /> : null],
      ]}
    />
  </Card>
);
