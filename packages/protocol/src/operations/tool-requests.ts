import { z } from "zod";
import { operation } from "../operation.ts";
import { NewToolRequest, ToolRequest } from "../tool-requests.ts";

const requests = "/api/v1/server/tool-requests";
const shared = { door: "agents", access: "worker", tag: "approval rules" } as const;
const OnRequest = z.object({ request: z.uuid() });
/** Proxies give up on an answer that takes longer. */
const LONGEST_WAIT_SECONDS = 50;

export const askForTool = operation({
  ...shared,
  id: "askForTool",
  method: "POST",
  path: requests,
  summary: "Ask people whether a session's agent may use a tool; they are asked once however often this arrives",
  body: NewToolRequest,
  response: ToolRequest,
  status: 201,
  problems: ["session_not_found", "tool_request_not_found", "too_many_requests"],
  bodyLimit: 9 * 1024 * 1024,
  mendsText: true,
});

export const viewToolRequest = operation({
  ...shared,
  id: "viewToolRequest",
  method: "GET",
  path: `${requests}/:request`,
  summary: "What people decided",
  params: OnRequest,
  query: z.object({
    wait: z.coerce
      .number()
      .min(0)
      .max(LONGEST_WAIT_SECONDS)
      .default(0)
      .describe("Seconds to wait for the decision; pending when there is none by then"),
  }),
  response: ToolRequest,
  problems: ["tool_request_not_found"],
});

export const withdrawToolRequest = operation({
  ...shared,
  id: "withdrawToolRequest",
  method: "DELETE",
  path: `${requests}/:request`,
  summary: "Nobody waits for the decision any more",
  params: OnRequest,
  response: ToolRequest,
  problems: ["tool_request_not_found"],
});
