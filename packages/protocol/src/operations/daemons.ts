import { z } from "zod";
import { operation } from "../operation.ts";
import { Heartbeat, Registered, Registration } from "../servers.ts";

export const registerServer = operation({
  id: "registerServer",
  access: "anyone",
  door: "public",
  tag: "daemons",
  method: "POST",
  path: "/api/v1/servers/register",
  summary: "Register a machine with a one-time token; answers the key it is known by from now on",
  body: Registration,
  response: Registered,
  status: 201,
  problems: ["token_invalid", "token_used", "token_expired"],
});

export const heartbeat = operation({
  id: "heartbeat",
  access: "server",
  door: "daemons",
  tag: "daemons",
  method: "POST",
  path: "/api/v1/servers/heartbeat",
  summary: "I am alive; each 30 s",
  body: Heartbeat,
  response: z.object({ ok: z.literal(true) }),
});

export const listAccessGrants = operation({
  id: "listAccessGrants",
  access: "server",
  door: "daemons",
  tag: "daemons",
  method: "GET",
  path: "/api/v1/server/access-grants",
  summary: "SSH grants of this server; its first reading after a connect ends the version 1 inventory",
  response: z.array(z.object({ grant_id: z.string(), role: z.enum(["source", "target"]) })),
});

export const listPendingFiles = operation({
  id: "listPendingFiles",
  access: "server",
  door: "daemons",
  tag: "daemons",
  method: "GET",
  path: "/api/v1/server/files/pending",
  summary: "Files for this server; there are never any, version 1 daemons ask every 3 s",
  response: z.array(z.never()),
});

export const listPendingPulls = operation({
  id: "listPendingPulls",
  access: "server",
  door: "daemons",
  tag: "daemons",
  method: "GET",
  path: "/api/v1/server/files/pulls/pending",
  summary: "Files that are wanted of this server; there are never any, version 1 daemons ask every 3 s",
  response: z.array(z.never()),
});

export const reportMcpStatus = operation({
  id: "reportMcpStatus",
  access: "server",
  door: "daemons",
  tag: "daemons",
  method: "PATCH",
  path: "/api/v1/server/sessions/:session/mcp-status",
  summary: "What a version 1 daemon did about the MCP configuration in a session's directory",
  params: z.object({ session: z.string().min(1).max(200) }),
  body: z.object({ mcp_status: z.string().min(1).max(100) }).meta({ id: "McpStatus" }),
  response: z.object({ session_id: z.string(), mcp_status: z.string() }),
  problems: ["session_not_found"],
});

export const health = operation({
  id: "health",
  access: "anyone",
  door: "public",
  tag: "daemons",
  method: "GET",
  path: "/api/v1/health",
  summary: "The hub answers; what version 1 clients tell people to try",
  response: z.object({ status: z.literal("ok") }),
});
