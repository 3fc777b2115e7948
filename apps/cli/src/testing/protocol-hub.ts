import { createServer, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { operations } from "@orchestratia/protocol/operations/all";
import { Problem } from "@orchestratia/protocol/problems";
import { sampleAnswers, sampleFact } from "./samples.ts";

export interface Received {
  /** The operation's id. */
  operation: string;
  params: Record<string, string>;
  query: Record<string, string>;
  /** As it was sent, undefined for an empty body. */
  body: unknown;
  headers: IncomingHttpHeaders;
}

/**
 * A hub that knows the protocol and nothing else: it refuses what an operation's schemas do not take, and answers each
 * operation with a sample, or with what a test put in its place (a Problem is a refusal).
 */
export async function startProtocolHub() {
  const answers = sampleAnswers();
  const received: Received[] = [];
  const resumedAt: (string | string[] | undefined)[] = [];
  const breaks = { streams: 0 };
  const server = createServer(async (request, response) => {
    if (request.url?.startsWith("/api/v1/events")) {
      resumedAt.push(request.headers["last-event-id"]);
      response.writeHead(200, { "content-type": "text/event-stream" });
      const { position, event_type } = sampleFact;
      const before = position - 1;
      response.write(`retry: 2000\n\nid: ${before}\nevent: caught_up\ndata: {"position":${before}}\n\n`);
      response.write(`id: ${position}\nevent: ${event_type}\ndata: ${JSON.stringify(sampleFact)}\n\n`);
      if (breaks.streams > 0) response.end();
      breaks.streams -= 1;
      return;
    }
    const [status, document] = await answer(request, answers, received).catch((error: unknown) => {
      const problem = error instanceof Problem ? error : new Problem("internal", String(error));
      return [problem.status, problem.toDocument()] as const;
    });
    response.writeHead(status, { "content-type": status < 400 ? "application/json" : "application/problem+json" });
    response.end(JSON.stringify(document));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    received,
    /** What each stream of events was asked to go on behind. */
    resumedAt,
    /** How many of the next streams of events break off behind their first fact. */
    breaks,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(request: IncomingMessage, answers: Record<string, unknown>, received: Received[]) {
  const url = new URL(request.url ?? "/", "http://hub");
  const operation = operations.find(
    ({ method, path }) => method === request.method && pattern(path).test(url.pathname),
  );
  if (!operation) throw new Problem("not_found", `${request.method} ${url.pathname}`);
  const params = { ...pattern(operation.path).exec(url.pathname)?.groups };
  const query = Object.fromEntries(url.searchParams);
  request.setEncoding("utf8");
  let text = "";
  for await (const chunk of request) text += chunk;
  const body: unknown = text === "" ? undefined : JSON.parse(text);
  for (const [schema, given] of [
    [operation.params, params],
    [operation.query, query],
    [operation.body, body],
  ] as const) {
    const parsed = schema?.safeParse(given);
    if (parsed && !parsed.success) throw new Problem("invalid_request", parsed.error.message);
  }
  received.push({ operation: operation.id, params, query, body, headers: request.headers });
  const sample = answers[operation.id];
  if (sample instanceof Problem) throw sample;
  return [operation.status, operation.response.parse(sample)] as const;
}

/** Written segments win over parameters, as in any router: `/tasks/check` is no task. */
const pattern = (path: string) => new RegExp(`^${path.replaceAll(/:([a-z_]+)/g, "(?<$1>(?!check$)[^/]+)")}$`);
