"use client";
import type { Session } from "@orchestratia/protocol/sessions";
import type { Assignment, Task } from "@orchestratia/protocol/tasks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Select } from "../../ui/control.tsx";
import { DialogPanel } from "../../ui/dialog-panel.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Field } from "../../ui/field.tsx";
import { serversQuery } from "../servers/server-queries.ts";
import { sessionsQuery } from "../sessions/session-queries.ts";
import { isLive } from "../sessions/session-words.ts";
import { CandidateCard } from "./candidate-card.tsx";
import { assignTo } from "./task-moves.ts";
import { matchQuery, showMoved } from "./task-queries.ts";

const serverOf = (target: string, sessions: readonly Session[]): string | undefined => {
  const [kind, id] = target.split(" ");
  return kind === "server" ? id : sessions.find((session) => session.id === id)?.server_id;
};

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
      return assignTo(task, body);
    },
    onSuccess: (moved) => {
      showMoved(queries, moved);
      onDone();
    },
  });
  const workers = (sessions.data ?? []).filter((session) => isLive(session) && session.role === "worker");
  const match = useQuery(matchQuery(task.project_id, task.id));
  const serverId = serverOf(target, workers);
  const candidate = match.data?.servers.find(({ server_id }) => server_id === serverId);
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
                  {server.name}: any session
                  {server.id === match.data?.best_server_id ? " (best match)" : ""}
                  {server.reachable ? "" : " (not connected)"}
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
      {candidate ? (
        <section aria-label="How it fits" className="space-y-2">
          <CandidateCard
            as="div"
            candidate={candidate}
            best={candidate.server_id === match.data?.best_server_id}
            chosen={candidate.server_id === task.assigned_server_id}
          />
          {candidate.eligible ? null : (
            <p className="text-sm text-ink-soft">The hub would not choose it by itself. You may: your choice stands.</p>
          )}
        </section>
      ) : null}
      {failure ? <ErrorState error={failure} /> : null}
      <div className="flex justify-end">
        <Button type="submit" variant="primary" disabled={!target} pending={assign.isPending}>
          Assign
        </Button>
      </div>
    </form>
  );
}

export const AssignDialog = ({ task, onClose }: { task: Task; onClose: () => void }) => (
  <DialogPanel title={`Assign ${task.key}`} onClose={onClose}>
    <AssignForm task={task} onDone={onClose} />
  </DialogPanel>
);
