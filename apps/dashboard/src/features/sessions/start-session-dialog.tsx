"use client";
import type { Server } from "@orchestratia/protocol/servers";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type FormEvent, type ReactNode, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Input, Select } from "../../ui/control.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Field } from "../../ui/field.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { useProject } from "../projects/project-context.tsx";
import { serversQuery } from "../servers/server-queries.ts";
import { startSession } from "./session-queries.ts";

/** A shell is everywhere, reported or not. */
const agentsOf = (server: Server): string[] => [...new Set([...server.agents.map(({ name }) => name), "shell"])];

function StartForm({ servers }: { servers: readonly [Server, ...Server[]] }) {
  const { project } = useProject();
  const queries = useQueryClient();
  const router = useRouter();
  const [serverId, setServerId] = useState<Server["id"]>((servers.find(({ reachable }) => reachable) ?? servers[0]).id);
  const server = servers.find(({ id }) => id === serverId) ?? servers[0];
  const [chosenAgent, setAgent] = useState("shell");
  const agents = agentsOf(server);
  const agent = agents.includes(chosenAgent) ? chosenAgent : "shell";
  const [name, setName] = useState("");
  const start = useMutation({
    mutationFn: () =>
      startSession(project.id, { server_id: server.id, agent, ...(name.trim() ? { name: name.trim() } : {}) }),
    onSuccess: (session) => {
      void queries.invalidateQueries({ queryKey: ["sessions"] });
      router.push(`/sessions/${session.id}`);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    start.mutate();
  };
  return (
    <form onSubmit={submit} className="space-y-4">
      <Field label="Server" help={server.reachable ? undefined : "This server is not connected now."}>
        {(control) => (
          <Select {...control} value={server.id} onChange={(event) => setServerId(event.target.value as Server["id"])}>
            {servers.map(({ id, name: label, reachable }) => (
              <option key={id} value={id}>
                {label}
                {reachable ? "" : " (not connected)"}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field label="Agent">
        {(control) => (
          <Select {...control} value={agent} onChange={(event) => setAgent(event.target.value)}>
            {agents.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </Select>
        )}
      </Field>
      <Field label="Name" help="Leave it empty and the hub chooses one.">
        {(control) => (
          <Input {...control} maxLength={120} value={name} onChange={(event) => setName(event.target.value)} />
        )}
      </Field>
      {start.error ? <ErrorState error={start.error} /> : null}
      <div className="flex justify-end">
        <Button type="submit" variant="primary" pending={start.isPending || start.isSuccess}>
          {start.isPending ? "Starting…" : "Start"}
        </Button>
      </div>
    </form>
  );
}

function Start() {
  const { project } = useProject();
  const servers = useQuery(serversQuery(project.id));
  if (servers.isPending) return <SkeletonRows rows={3} />;
  if (servers.error) return <ErrorState error={servers.error} onRetry={() => void servers.refetch()} />;
  const [first, ...rest] = servers.data;
  if (!first) return <EmptyState title="No servers yet">Register a server first; sessions run there.</EmptyState>;
  return <StartForm servers={[first, ...rest]} />;
}

export const StartSessionDialog = ({ trigger }: { trigger: ReactNode }) => (
  <Dialog title="Start a session" description="A terminal on one of your servers." trigger={trigger}>
    <Start />
  </Dialog>
);
