import type { Server } from "@orchestratia/protocol/servers";
import type { Session } from "@orchestratia/protocol/sessions";
import Link from "next/link";
import { AgentMark } from "../../ui/agent-mark.tsx";
import { Badge } from "../../ui/badge.tsx";
import { KeyValue } from "../../ui/key-value.tsx";
import { LoadBars } from "../../ui/load-bars.tsx";
import { StateDot, type StateTone } from "../../ui/state-dot.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { DrainButton } from "./drain-button.tsx";
import { ServerSettingsButton } from "./server-settings-button.tsx";

function serverState({ status, reachable, draining }: Server): { tone: StateTone; word: string } {
  if (status === "offline") return { tone: "off", word: "Offline" };
  if (!reachable) return { tone: "attention", word: "Not connected" };
  return draining ? { tone: "attention", word: "Draining" } : { tone: "good", word: "Online" };
}

const percent = (value: number) => `${Math.round(value)} %`;

function loadBars({ system_info, active_tasks, max_concurrent }: Server) {
  const { cpu_percent, memory_percent, memory_used_gb, memory_total_gb } = system_info;
  const memory =
    memory_percent ??
    (memory_used_gb !== undefined && memory_total_gb ? (memory_used_gb / memory_total_gb) * 100 : undefined);
  return [
    {
      label: "CPU",
      share: (cpu_percent ?? 0) / 100,
      words: cpu_percent === undefined ? "unknown" : percent(cpu_percent),
    },
    { label: "Memory", share: (memory ?? 0) / 100, words: memory === undefined ? "unknown" : percent(memory) },
    {
      label: "Tasks",
      share: max_concurrent > 0 ? active_tasks / max_concurrent : 1,
      words: `${active_tasks} of ${max_concurrent}`,
    },
  ];
}

/** A machine: whether it can work, how busy it is, what it has. */
export function ServerCard({
  server,
  sessions,
  canWrite,
}: {
  server: Server;
  sessions: readonly Session[];
  canWrite: boolean;
}) {
  const { languages, environments, tools, tags } = server.capabilities;
  return (
    <li
      data-testid="server"
      data-name={server.name}
      className="flex min-w-0 flex-col gap-4 rounded-card border bg-surface p-4"
    >
      <header className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          <h2 className="truncate font-semibold">{server.name}</h2>
          <p className="truncate text-xs text-ink-faint">{[server.hostname, server.os].filter(Boolean).join(" · ")}</p>
        </div>
        <StateDot {...serverState(server)} />
      </header>
      <LoadBars bars={loadBars(server)} />
      <KeyValue
        rows={[
          [
            "Agents",
            server.agents.length > 0 ? (
              <ul key="agents" className="flex flex-wrap gap-x-3 gap-y-1">
                {server.agents.map(({ name, version }) => (
                  <li key={name} className="inline-flex items-center gap-1.5" title={version ?? undefined}>
                    <AgentMark agent={name} />
                    {name}
                  </li>
                ))}
              </ul>
            ) : (
              <span key="none" className="text-ink-faint">
                None found
              </span>
            ),
          ],
          [
            "Sessions",
            sessions.length > 0 ? (
              <ul key="sessions" className="space-y-1">
                {sessions.map(({ id, name, task_key }) => (
                  <li key={id}>
                    <Link
                      href={`/sessions/${id}`}
                      className="text-accent underline underline-offset-2 touch:inline-block touch:py-3.5"
                    >
                      {name}
                    </Link>
                    {task_key ? <span className="font-mono text-xs text-ink-faint"> {task_key}</span> : null}
                  </li>
                ))}
              </ul>
            ) : (
              <span key="none" className="text-ink-faint">
                None live
              </span>
            ),
          ],
          ["Repositories", Object.keys(server.repos).join(", ")],
          [
            "Capabilities",
            [...languages, ...environments, ...tools, ...tags].length > 0 ? (
              <span key="capabilities" className="flex flex-wrap gap-1">
                {[...new Set([...languages, ...environments, ...tools, ...tags])].map((word) => (
                  <Badge key={word}>{word}</Badge>
                ))}
              </span>
            ) : null,
          ],
          ["Last seen", server.last_heartbeat ? <TimeAgo key="seen" at={server.last_heartbeat} /> : "Never"],
        ]}
      />
      {canWrite ? (
        <footer className="mt-auto flex flex-wrap gap-2 border-t pt-3">
          <DrainButton server={server} />
          <ServerSettingsButton server={server} />
        </footer>
      ) : null}
    </li>
  );
}
