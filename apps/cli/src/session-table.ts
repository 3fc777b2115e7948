import type { AgentSession } from "@orchestratia/protocol/sessions";
import type { z } from "zod";
import type { Output, Paint } from "./output.ts";
import { tableLines } from "./table.ts";

type Session = z.infer<typeof AgentSession>;

/** Sessions as a table that fits the terminal; elsewhere each with its id, task and folder, as programs read it. */
export function sessionListLines(sessions: readonly Session[], paint: Paint, { columns }: Output): string[] {
  if (columns === undefined) return sessions.flatMap((session) => sessionLines(session, paint));
  if (sessions.length === 0) return [];
  const head = [
    { title: "name", paint: paint.cyan },
    { title: "role" },
    { title: "agent", gives: true },
    { title: "server", gives: true },
    { title: "status" },
    { title: "task", gives: true },
    { title: "folder", gives: true },
  ];
  const rows = sessions.map((session) => [
    session.name,
    session.role,
    session.agent,
    session.server_name,
    `${session.status}, ${session.agent_status}`,
    session.task_key ? `${session.task_key} ${session.task_title ?? ""}` : "",
    session.working_directory ?? "",
  ]);
  return tableLines(head, rows, columns);
}

const sessionLines = (session: Session, paint: Paint): string[] => [
  `  ${paint.cyan(session.name)} (${session.role}, ${session.agent} on ${session.server_name})`,
  `    Status: ${session.status}, ${session.agent_status}  Id: ${session.id}`,
  ...(session.task_key ? [`    Task: ${session.task_key} ${session.task_title ?? ""}`] : []),
  ...(session.working_directory ? [`    Folder: ${session.working_directory}`] : []),
];
