import { type IncomingMessage, type RequestOptions, request } from "node:http";

/**
 * As much of `fetch` as the hub's client uses (its `body` is a stream of Node's), made of `node:http`: the first use of
 * Node's own costs over 100 ms, which an agent would pay with every command.
 */
export const nodeFetch = (async (url: string, init: RequestInit): Promise<Pick<Response, "ok" | "status" | "text">> => {
  const sent = init.body as string | undefined;
  const body = await send(new URL(url), sent, {
    method: init.method ?? "GET",
    headers: {
      ...(init.headers as Record<string, string>),
      ...(init.method === "GET" ? {} : { "content-length": Buffer.byteLength(sent ?? "") }),
    },
    ...(init.signal ? { signal: init.signal } : {}),
  });
  const { statusCode: status = 0 } = body;
  return Object.assign({ ok: status >= 200 && status < 300, status, text: () => textOf(body) }, { body });
}) as typeof fetch;

async function send(url: URL, body: string | undefined, options: RequestOptions): Promise<IncomingMessage> {
  const open = url.protocol === "https:" ? (await import("node:https")).request : request;
  return new Promise((resolve, reject) => {
    open(url, options, resolve).on("error", reject).end(body);
  });
}

async function textOf(message: IncomingMessage): Promise<string> {
  message.setEncoding("utf8");
  let text = "";
  for await (const chunk of message) text += chunk;
  return text;
}
