import * as operations from "@orchestratia/protocol/operations/tool-requests";
import type { FastifyInstance } from "fastify";
import { serve } from "../http/serve.ts";
import { agentOf } from "../tasks/named-task.ts";
import { askForTool } from "./ask-for-tool.ts";
import { getToolRequest } from "./queries.ts";
import type { ToolRequests } from "./tool-requests.ts";
import type { ToolWaits } from "./tool-waits.ts";
import { withdrawToolRequest } from "./withdraw-tool-request.ts";

export function toolRequestRoutes(app: FastifyInstance, requests: ToolRequests, waits: ToolWaits): void {
  const { sql } = requests.database;

  serve(
    app,
    operations.askForTool,
    async ({ caller, body }) => (await askForTool(requests, agentOf(caller), body)).view,
  );

  serve(app, operations.viewToolRequest, async ({ caller, params, query, reply }) => {
    const gone = new AbortController();
    reply.raw.once("close", () => gone.abort());
    const agent = agentOf(caller);
    const found = await getToolRequest(sql, agent, params.request);
    if (query.wait === 0 || found.view.status !== "pending") return found.view;
    const settled = waits.settled(found.interventionId, query.wait * 1000, gone.signal);
    // It may have been settled before somebody listened.
    const { view } = await getToolRequest(sql, agent, params.request);
    if (view.status !== "pending") gone.abort();
    await settled;
    return (await getToolRequest(sql, agent, params.request)).view;
  });

  serve(
    app,
    operations.withdrawToolRequest,
    async ({ caller, params }) => (await withdrawToolRequest(requests, agentOf(caller), params.request)).view,
  );
}
