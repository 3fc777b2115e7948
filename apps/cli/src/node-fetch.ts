import { type IncomingMessage, type RequestOptions, request } from "node:http";

/**
 * As much of `fetch` as the hub's client uses, made of `node:http`: the first use of Node's own costs over 100 ms, which
 * an agent would pay with every command.
 */
export const nodeFetch = (async (url: string, init: RequestInit): Promise<Pick<Response, "ok" | "status" | "text">> => {
  const body = init.body as string | undefined;
  const { statusCode: status = 0, text } = await send(new URL(url), body, {
    method: init.method ?? "GET",
    headers: {
      ...(init.headers as Record<string, string>),
      ...(init.method === "GET" ? {} : { "content-length": Buffer.byteLength(body ?? "") }),
    },
    ...(init.signal ? { signal: init.signal } : {}),
  });
  return { ok: status >= 200 && status < 300, status, text: async () => text };
}) as typeof fetch;

async function send(url: URL, body: string | undefined, options: RequestOptions) {
  const open = url.protocol === "https:" ? (await import("node:https")).request : request;
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    open(url, options, resolve).on("error", reject).end(body);
  });
  message.setEncoding("utf8");
  let text = "";
  for await (const chunk of message) text += chunk;
  return { statusCode: message.statusCode, text };
}
