import { z } from "zod";
import { operation } from "../operation.ts";
import {
  FileTransfer,
  NewFileTransfer,
  RemoteExec,
  RemoteLine,
  RemotePiece,
  RemoteRead,
  RemoteResult,
  Scrollback,
} from "../remote.ts";
import { ProjectRef } from "../vocabulary.ts";

const agents = { door: "agents", tag: "remote" } as const;
const unanswered = ["server_unreachable", "daemon_lacks", "daemon_silent", "refused_by_policy"] as const;

export const agentRemoteExec = operation({
  ...agents,
  id: "agentRemoteExec",
  access: "orchestrator",
  method: "POST",
  path: "/api/v1/server/remote/exec",
  summary:
    "Run a command on another session's server, in that session's directory, as the daemon's user; it is recorded",
  query: z.object({ project_id: z.string().max(64).optional() }),
  body: RemoteExec,
  response: RemoteResult,
  lines: RemoteLine,
  problems: ["project_not_found", "session_not_found", "session_ambiguous", "server_busy", ...unanswered],
});

export const agentRemoteRead = operation({
  ...agents,
  id: "agentRemoteRead",
  access: "orchestrator",
  method: "POST",
  path: "/api/v1/server/remote/read",
  summary: "Read a piece of a file in another session's directory, as the daemon's user; it is recorded",
  query: z.object({ project_id: z.string().max(64).optional() }),
  body: RemoteRead,
  response: RemotePiece,
  problems: ["project_not_found", "session_not_found", "session_ambiguous", "file_unreadable", ...unanswered],
});

export const agentSendFile = operation({
  ...agents,
  id: "agentSendFile",
  access: "worker",
  method: "POST",
  path: "/api/v1/server/remote/file-transfer",
  summary: "Send a file of the caller's server to another session's directory; it goes on by itself where a link broke",
  body: NewFileTransfer,
  response: FileTransfer,
  status: 201,
  problems: ["project_not_found", "session_not_found", "file_too_large", "server_busy", ...unanswered],
});

export const agentViewFileTransfer = operation({
  ...agents,
  id: "agentViewFileTransfer",
  access: "worker",
  method: "GET",
  path: "/api/v1/server/remote/file-transfer/:transfer",
  summary: "How far a file is; known for a week after its end, for an hour where one of the daemons is of version 1",
  params: z.object({ transfer: z.string().min(1).max(64) }),
  response: FileTransfer,
  problems: ["transfer_not_found"],
});

export const captureScrollback = operation({
  id: "captureScrollback",
  door: "people",
  tag: "sessions",
  access: "viewer",
  method: "GET",
  path: "/api/v1/projects/:project/sessions/:session/scrollback",
  summary: "What has scrolled off a session's screen, as far as its daemon still has it",
  params: z.object({ project: ProjectRef, session: z.uuid() }),
  response: Scrollback,
  problems: ["session_not_found", "session_not_live", "server_unreachable", "daemon_lacks", "daemon_silent"],
});
