import type { RegistrationToken } from "@orchestratia/protocol/servers";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import type { z } from "zod";
import { actorOf, type Caller } from "../access/caller.ts";
import { newSecret, secretHash } from "../access/secret-hash.ts";
import { transaction } from "../db/transaction.ts";
import { record } from "../events/activity.ts";
import type { Servers } from "./servers.ts";

const PREFIX = "orcreg_";

/** `orcreg_<base64url of the hub's URL>.<secret>`: a machine needs nothing else to find the hub and register. */
const registrationToken = (publicUrl: string, secret: string): string =>
  `${PREFIX}${Buffer.from(publicUrl).toString("base64url")}.${secret}`;

/** What a token is stored under; undefined for what is no registration token. */
export function registrationTokenHash(token: string): string | undefined {
  const dot = token.indexOf(".");
  if (!token.startsWith(PREFIX) || dot === -1 || dot === token.length - 1) return undefined;
  return secretHash(token.slice(dot + 1));
}

/** Makes a one-time token; only its hash is kept. */
export async function createRegistrationToken(
  { database, events, publicUrl }: Servers,
  caller: Caller,
  projectId: ProjectId,
  expiresInSeconds: number,
): Promise<z.input<typeof RegistrationToken>> {
  const secret = newSecret("");
  const expiresAt = new Date(Date.now() + expiresInSeconds * 1000);
  const actor = actorOf(caller);
  await transaction(database.pool, async (tx) => {
    await tx.query(
      "insert into registration_tokens (project_id, token_hash, created_by, expires_at) values ($1, $2, $3, $4)",
      [projectId, secretHash(secret), actor, expiresAt],
    );
    await record(tx, {
      type: "registration_token.created",
      project_id: projectId,
      actor,
      details: { expires_at: expiresAt.toISOString() },
    });
  });
  events.wake();
  const token = registrationToken(publicUrl(), secret);
  return { token, command: `orchestratia-agent --register ${token}`, expires_at: expiresAt.toISOString() };
}
