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
