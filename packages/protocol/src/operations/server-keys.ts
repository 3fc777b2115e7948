import { z } from "zod";
import { operation } from "../operation.ts";
import { NewServerKey, RegistrationTokenInfo, RotatedServerKey, ServerKey } from "../server-keys.ts";
import { Session } from "../sessions.ts";
import { ProjectRef } from "../vocabulary.ts";

const people = { door: "people", tag: "servers" } as const;
const OnServer = z.object({
  project: ProjectRef,
  server: z.string().min(1).max(200).describe("Id or name of the server"),
});

export const listServerKeys = operation({
  ...people,
  id: "listServerKeys",
  access: "member",
  method: "GET",
  path: "/api/v1/projects/:project/servers/:server/keys",
  summary: "The keys that a server has and had, newest first",
  params: OnServer,
  response: z.object({ keys: z.array(ServerKey) }),
  problems: ["server_not_found"],
});

export const rotateServerKey = operation({
  ...people,
  id: "rotateServerKey",
  access: "member",
  method: "POST",
  path: "/api/v1/projects/:project/servers/:server/keys",
  summary: "Make another key, shown once; those before go on for a while",
  params: OnServer,
  body: NewServerKey,
  response: RotatedServerKey,
  status: 201,
  problems: ["server_not_found"],
  answersSecret: true,
});

export const revokeServerKey = operation({
  ...people,
  id: "revokeServerKey",
  access: "member",
  method: "DELETE",
  path: "/api/v1/projects/:project/servers/:server/keys/:key",
  summary: "End a key at once, and the socket that signed in with it",
  params: OnServer.extend({ key: z.uuid() }),
  response: ServerKey,
  problems: ["server_not_found", "server_key_not_found"],
});

export const listRegistrationTokens = operation({
  ...people,
  id: "listRegistrationTokens",
  access: "member",
  method: "GET",
  path: "/api/v1/projects/:project/registration-tokens",
  summary: "The registration tokens that were made, newest first",
  params: z.object({ project: ProjectRef }),
  response: z.object({ registration_tokens: z.array(RegistrationTokenInfo) }),
  problems: ["project_not_found"],
});

export const revokeRegistrationToken = operation({
  ...people,
  id: "revokeRegistrationToken",
  access: "member",
  method: "DELETE",
  path: "/api/v1/projects/:project/registration-tokens/:token",
  summary: "Make a registration token good for nothing; what registered with it stays",
  params: z.object({ project: ProjectRef, token: z.uuid() }),
  response: RegistrationTokenInfo,
  problems: ["registration_token_not_found"],
});

export const revokeSessionToken = operation({
  ...people,
  tag: "sessions",
  id: "revokeSessionToken",
  access: "member",
  method: "POST",
  path: "/api/v1/projects/:project/sessions/:session/token/revoke",
  summary: "End a session's token at once; its terminal goes on",
  params: z.object({ project: ProjectRef, session: z.uuid() }),
  response: Session,
  problems: ["session_not_found"],
});
