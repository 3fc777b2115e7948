import { HubClient } from "@orchestratia/client/http";
import { registerServer } from "@orchestratia/protocol/operations/daemons";
import type { Registration as RegistrationRequest } from "@orchestratia/protocol/servers";
import type { Registration } from "../config.ts";

const prefix = "orcreg_";

/** The hub that a registration token is for: `orcreg_<base64url of its address>.<secret>`. Throws when it is no token. */
export function hubOfToken(token: string): string {
  // The secret may hold dots itself.
  const dot = token.indexOf(".");
  if (!token.startsWith(prefix) || dot < 0 || dot === token.length - 1)
    throw new Error("this is not a registration token");
  const url = Buffer.from(token.slice(prefix.length, dot), "base64url").toString("utf8");
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) throw new Error("the token names no hub");
  return url.replace(/\/+$/, "");
}

/** Registers this machine. Throws RefusedError or UnreachableError; nothing is written before the hub has answered. */
export async function register(
  report: Omit<RegistrationRequest, "registration_token">,
  token: string,
): Promise<Registration> {
  const hubUrl = hubOfToken(token);
  const registered = await new HubClient({ baseUrl: hubUrl, timeoutMs: 30_000 }).call(registerServer, {
    body: { ...report, registration_token: token },
  });
  return {
    hub_url: hubUrl,
    project_id: registered.project_id,
    server_id: registered.id,
    name: registered.name,
    api_key: registered.api_key,
  };
}
