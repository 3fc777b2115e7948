import { type IncomingHttpHeaders, request } from "node:http";

export interface V1Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

interface V1Request {
  method: string;
  url: string;
  key?: string | undefined;
  body?: unknown;
}

/**
 * As the version 1 CLI asks: JSON as content type whatever is sent, a length of 0 behind a POST without a body and none
 * behind a DELETE, no compression, one connection for each request.
 */
export function urllib({ method, url, key, body }: V1Request): Promise<V1Answer> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  return send(method, url, payload, {
    "accept-encoding": "identity",
    "content-type": "application/json",
    "user-agent": "Python-urllib/3.11",
    connection: "close",
    ...(key !== undefined && { "x-api-key": key }),
    ...(payload !== undefined && { "content-length": String(Buffer.byteLength(payload)) }),
    ...(payload === undefined && method === "POST" && { "content-length": "0" }),
  });
}

/** As the version 1 daemon asks. */
export function httpx({ method, url, key, body }: V1Request): Promise<V1Answer> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  return send(method, url, payload, {
    accept: "*/*",
    "accept-encoding": "gzip, deflate",
    connection: "keep-alive",
    "user-agent": "python-httpx/0.28.1",
    ...(key !== undefined && { "x-api-key": key }),
    ...(payload !== undefined && {
      "content-length": String(Buffer.byteLength(payload)),
      "content-type": "application/json",
    }),
  });
}

/** Follows nothing and reads everything. */
function send(
  method: string,
  url: string,
  payload: string | undefined,
  headers: Record<string, string>,
): Promise<V1Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, agent: false }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("error", reject);
      answer.on("end", () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          text: Buffer.concat(parts).toString(),
        }),
      );
    });
    asked.on("error", reject);
    asked.end(payload);
  });
}
