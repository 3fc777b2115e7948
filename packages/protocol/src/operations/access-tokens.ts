import { z } from "zod";
import { AccessToken, MadeAccessToken, NewAccessToken } from "../access-tokens.ts";
import { operation } from "../operation.ts";

const own = { door: "people", access: "sign_in", tag: "people" } as const;

export const createAccessToken = operation({
  ...own,
  id: "createAccessToken",
  method: "POST",
  path: "/api/v1/access-tokens",
  summary: "Make a token for a program; it is shown once and never opens more than its owner may at that moment",
  body: NewAccessToken,
  response: MadeAccessToken,
  status: 201,
  problems: ["project_not_found", "too_many_tokens", "user_deactivated"],
  answersSecret: true,
});

export const listAccessTokens = operation({
  ...own,
  id: "listAccessTokens",
  method: "GET",
  path: "/api/v1/access-tokens",
  summary: "One's own tokens that open something, newest first",
  query: z.object({ user: z.uuid().optional().describe("Somebody else's; for admins") }),
  response: z.object({ access_tokens: z.array(AccessToken) }),
  problems: ["user_not_found"],
});

export const revokeAccessToken = operation({
  ...own,
  id: "revokeAccessToken",
  method: "DELETE",
  path: "/api/v1/access-tokens/:access_token",
  summary: "End a token at once, and its sockets and streams; admins that of anybody",
  params: z.object({ access_token: z.uuid() }),
  response: AccessToken,
  problems: ["access_token_not_found"],
});
