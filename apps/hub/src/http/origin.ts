import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";

/** What is needed of a request to tell where it comes from; a Fastify request fits. */
export interface Knock {
  readonly headers: IncomingHttpHeaders;
  readonly protocol: string;
  /** With the port. */
  readonly host: string;
}

/**
 * True when the page that sent the request was served by this hub: its Origin is the public address, or the very
 * address that was asked, provided that this is an IP address or localhost. (Any other name might be a foreign one
 * that was made to point here.)
 */
export function comesFromOwnPage({ headers, protocol, host }: Knock, publicUrl: string): boolean {
  const { origin } = headers;
  if (origin === undefined) return false;
  if (origin === new URL(publicUrl).origin) return true;
  return origin === `${protocol}://${host}` && isPlainAddress(host);
}

function isPlainAddress(host: string): boolean {
  const name = host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  return name === "localhost" || isIP(name) !== 0;
}
