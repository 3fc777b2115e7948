import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";

/** Where a server listens, as this machine reaches it. */
export function listenAddress(app: FastifyInstance, host: string): string {
  const { port } = app.server.address() as AddressInfo;
  const everywhere = host === "0.0.0.0" || host === "::";
  const name = everywhere ? "127.0.0.1" : host;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
}
