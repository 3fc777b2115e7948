import { AGENT_STATUSES, SESSION_STATUSES } from "@orchestratia/domain/vocabulary";
import { z } from "zod";
import { AgentWait } from "./agent-wait.ts";
import { plainName } from "./plain-name.ts";
import {
  AgentStatus,
  Moment,
  ProjectId,
  ServerId,
  SessionId,
  SessionRole,
  SessionStatus,
  TaskId,
} from "./vocabulary.ts";
import { wordList } from "./word-list.ts";

export const SessionName = plainName(120);

/** One terminal on a server. */
export const Session = z
  .object({
    id: SessionId,
    number: z.number().int().describe("Short, unique on the hub: what binary frames carry"),
    project_id: ProjectId,
    server_id: ServerId,
    server_name: z.string(),
    name: z.string(),
    agent: z.string(),
    role: SessionRole,
    status: SessionStatus,
    agent_status: AgentStatus,
    waiting: AgentWait.nullable().describe("What its agent waits for"),
    working_directory: z.string().nullable(),
    task_id: TaskId.nullable().describe("The unsettled task it works on"),
    task_key: z.string().nullable(),
    task_title: z.string().nullable(),
    exit_code: z.number().int().nullable(),
    error: z.string().nullable(),
    created_at: Moment,
    started_at: Moment.nullable(),
    closed_at: Moment.nullable(),
  })
  .meta({ id: "Session" });
export type Session = z.infer<typeof Session>;

/** The session as the agent CLI prints it. */
export const AgentSession = Session.extend({ working_directory: z.string().nullable() }).meta({ id: "AgentSession" });

export const NewSession = z
  .object({
    server_id: ServerId,
    name: SessionName.optional(),
    agent: z.string().min(1).max(100).default("shell"),
    role: SessionRole.optional(),
    working_directory: z.string().max(1000).nullish(),
    resumes: SessionId.optional().describe(
      "An ended session of the same server and agent, with whose conversation the agent goes on; the start fails where its machine does not know that any more",
    ),
    cols: z.number().int().min(20).max(500).default(120),
    rows: z.number().int().min(5).max(300).default(40),
  })
  .meta({ id: "NewSession" });
export type NewSession = z.infer<typeof NewSession>;

/** What narrows a list of sessions down; all that is given must hold. */
export const SessionListQuery = z.object({
  live: z.stringbool().optional().describe("true for those that run, false for those that ended"),
  status: wordList(SESSION_STATUSES).optional().describe("One or several, with commas between them"),
  agent_status: wordList(AGENT_STATUSES).optional().describe("One or several, with commas between them"),
  role: SessionRole.optional(),
  agent: z.string().min(1).max(100).optional(),
  server: z.string().min(1).max(200).optional().describe("Id or name of the server"),
  limit: z.coerce.number().int().min(1).max(500).optional(),
  after: z.string().max(200).optional().describe("The `next` of the page before"),
});
