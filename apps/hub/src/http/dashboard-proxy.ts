import type { Readable } from "node:stream";
import httpProxy from "@fastify/http-proxy";
import { Problem } from "@orchestratia/protocol/problems";
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { sendCompressed } from "./compressed.ts";
import { answerProblem } from "./problem-details.ts";

/** Fetches from the dashboard's server whatever the hub does not serve itself, so that people see one origin. */
export async function dashboardProxy(app: FastifyInstance, dashboardUrl: string): Promise<void> {
  const proxy: FastifyPluginAsync = async (scope) => {
    // Bodies pass through unread.
    scope.removeAllContentTypeParsers();
    scope.addHook("onRoute", (route) => {
      route.schema = { ...route.schema, hide: true };
    });
    await scope.register(httpProxy, {
      upstream: dashboardUrl,
      prefix: "/",
      replyOptions: {
        // Node's client does not answer `100-continue` and the request would hang.
        rewriteRequestHeaders: (_request, { expect: _expect, ...headers }) => headers,
        onResponse: (request, reply, response) => {
          const { stream } = response as unknown as { stream: Readable };
          sendCompressed(request as FastifyRequest, reply as unknown as FastifyReply, stream);
        },
        onError: (reply, { error }) => answerUnavailable(reply as unknown as FastifyReply, error),
      },
    });
  };
  await app.register(proxy);
}

function answerUnavailable(reply: FastifyReply, error: Error): void {
  const { request } = reply;
  if (!request.headers.accept?.includes("text/html")) {
    answerProblem(new Problem("dashboard_unavailable", "The dashboard is not running."), request, reply);
    return;
  }
  request.log.info({ err: error }, "the dashboard does not answer");
  void reply.code(503).type("text/html; charset=utf-8").headers({ "retry-after": "2" }).send(WAITING_PAGE);
}

const WAITING_PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="2"><title>Orchestratia</title>
<style>body{font:16px/1.5 system-ui,sans-serif;display:grid;place-items:center;min-height:100vh;margin:0;color-scheme:light dark}</style>
</head><body><p>The dashboard is not running yet. This page tries again every two seconds.</p></body></html>
`;
