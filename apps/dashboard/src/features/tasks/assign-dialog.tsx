"use client";
import type { Assignment, Task } from "@orchestratia/protocol/tasks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Select } from "../../ui/control.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Field } from "../../ui/field.tsx";
import { serversQuery } from "../servers/server-queries.ts";
import { sessionsQuery } from "../sessions/session-queries.ts";
import { isLive } from "../sessions/session-words.ts";
import { showMoved, taskMoves } from "./task-queries.ts";

/** Where the work can go: any server, or a live worker session of one. */
function AssignForm({ task, onDone }: { task: Task; onDone: () => void }) {
  const queries = useQueryClient();
  const servers = useQuery(serversQuery(task.project_id));
  const sessions = useQuery(sessionsQuery(task.project_id));
  const [target, setTarget] = useState(task.assigned_server_id ? `server ${task.assigned_server_id}` : "");
  const assign = useMutation({
    mutationFn: () => {
      const [kind, id] = target.split(" ");
      const body = (kind === "server" ? { server_id: id } : { session_id: id }) as Assignment;
      return taskMoves.assign({ project: task.project_id, task: task.id }, body);
    },
    onSuccess: (moved) => {
      showMoved(queries, moved);
      onDone();
    },
  });
  const workers = (sessions.data ?? []).filter((session) => isLive(session) && session.role === "worker");
  const failure = servers.error ?? sessions.error ?? assign.error;

  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        assign.mutate();
      }}
    >
      <Field
        label="Assign to"
        help={
          task.blocked
            ? "The task still waits for others; it is delivered when they are done."
            : "On a server the hub chooses an idle session, or starts one."
        }
      >
        {(control) => (
          <Select {...control} value={target} onChange={(event) => setTarget(event.target.value)}>
            <option value="" disabled>
              {servers.isPending ? "Loading…" : "Choose a server or a session"}
            </option>
            {(servers.data ?? []).map((server) => (
              <optgroup key={server.id} label={server.name}>
                <option value={`server ${server.id}`}>
                  {server.name}: any session{server.reachable ? "" : " (not connected)"}
                </option>
                {workers
                  .filter(({ server_id }) => server_id === server.id)
                  .map((session) => (
                    <option key={session.id} value={`session ${session.id}`}>
                      {session.name} ({session.agent}, {session.agent_status})
                    </option>
                  ))}
              </optgroup>
            ))}
          </Select>
        )}
      </Field>
      {failure ? <ErrorState error={failure} /> : null}
      <div className="flex justify-end">
        <Button type="submit" variant="primary" disabled={!target} pending={assign.isPending}>
          Assign
        </Button>
      </div>
    </form>
  );
}

export function AssignDialog({ task }: { task: Task }) {
  const [open, setOpen] = useState(false);
  return (
    <Dialog title={`Assign ${task.key}`} trigger={<Button>Assign</Button>} open={open} onOpenChange={setOpen}>
      <AssignForm task={task} onDone={() => setOpen(false)} />
    </Dialog>
  );
}
