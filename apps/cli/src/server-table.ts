import type { Server } from "@orchestratia/protocol/servers";
import type { Output, Paint } from "./output.ts";
import { tableLines } from "./table.ts";

/** Servers as a table that fits the terminal; elsewhere each with its machine, agents and repos, as programs read it. */
export function serverListLines(servers: readonly Server[], paint: Paint, { columns }: Output): string[] {
  if (columns === undefined) return servers.flatMap((server) => serverLines(server, paint));
  if (servers.length === 0) return [];
  const head = [
    { title: "name", paint: paint.cyan },
    { title: "status" },
    { title: "tasks" },
    { title: "host", gives: true },
    { title: "agents", gives: true },
    { title: "repos", gives: true },
  ];
  const rows = servers.map((server) => [
    server.name,
    `${server.status}${remarks(server)}`,
    `${server.active_tasks} of ${server.max_concurrent}`,
    server.hostname,
    agentsOf(server),
    Object.keys(server.repos).join(", "),
  ]);
  return tableLines(head, rows, columns);
}

function serverLines(server: Server, paint: Paint): string[] {
  const repos = Object.keys(server.repos);
  const state = server.status === "online" ? paint.green("online") : paint.dim(server.status);
  return [
    `  ${paint.cyan(server.name)} (${server.hostname}, ${server.os})`,
    `    Status: ${state}${remarks(server)}  Tasks: ${server.active_tasks} of ${server.max_concurrent}`,
    ...(server.agents.length > 0 ? [`    Agents: ${agentsOf(server)}`] : []),
    ...(repos.length > 0 ? [`    Repos: ${repos.join(", ")}`] : []),
  ];
}

const remarks = ({ reachable, draining }: Server): string =>
  `${reachable ? "" : ", not connected"}${draining ? ", draining" : ""}`;

const agentsOf = ({ agents }: Server): string => agents.map(({ name }) => name).join(", ");
