import { isIP } from "node:net";
import { Problem } from "@orchestratia/protocol/problems";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { operationOf } from "./serve.ts";

export interface OwnNames {
  publicUrl: () => string;
  /** What the hub was told to listen on. */
  listensOn: string;
}

/** What machines ask before they know any name, and what brings a one-time token of its own. */
const ANY_NAME = new Set(["/healthz", "/readyz", "/metrics"]);
const ANY_NAME_OPERATIONS = new Set(["registerServer"]);

/**
 * Refuses requests to a name that is not the hub's (DNS rebinding: a page of a foreign name that was made to point
 * here counts as of one origin with the hub). The public address's name is, and so are localhost and IP addresses, which
 * no foreign page can have as its own. Who brings a key or token in a header could not have it from such a page.
 */
export function refuseForeignHosts(app: FastifyInstance, names: OwnNames): void {
  app.addHook("onRequest", async (request) => {
    if (isOwnHost(request.hostname, names) || brings(request)) return;
    throw new Problem(
      "host_not_allowed",
      `This hub is not called ${request.hostname}. Set PUBLIC_URL if people reach it by that name.`,
    );
  });
}

function isOwnHost(hostname: string, { publicUrl, listensOn }: OwnNames): boolean {
  const name = hostname.toLowerCase().replace(/^\[(.*)\]$/, "$1");
  if (name === "localhost" || name.endsWith(".localhost") || isIP(name) !== 0) return true;
  const known = publicUrl();
  return name === listensOn.toLowerCase() || (known !== "" && name === new URL(known).hostname);
}

function brings(request: FastifyRequest): boolean {
  const { headers, url } = request;
  const operation = operationOf(request);
  const isAskedForKey = operation !== undefined && operation.door !== "public";
  if (isAskedForKey && (headers["x-api-key"] !== undefined || headers.authorization !== undefined)) return true;
  if (ANY_NAME.has(url.split("?", 1)[0] ?? "")) return true;
  // Browsers always say where a socket comes from, and other programs never.
  if (headers.upgrade !== undefined && headers.origin === undefined) return true;
  return ANY_NAME_OPERATIONS.has(operation?.id ?? "");
}
