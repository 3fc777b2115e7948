import { randomUUID } from "node:crypto";
import { Problem } from "@orchestratia/protocol/problems";
import type { SignInTokens } from "../access/sign-in-token.ts";
import type { Tx } from "../db/transaction.ts";

const LIFETIME_MS = 24 * 60 * 60 * 1000;

/** Where somebody signs in from. */
export interface Origin {
  address: string;
  userAgent: string;
}

export interface OpenSignIn {
  signInId: string;
  token: string;
  expiresAt: Date;
}

/** Opens a sign-in for a day. Throws user_deactivated. */
export async function openSignIn(tx: Tx, tokens: SignInTokens, userId: string, from: Origin): Promise<OpenSignIn> {
  const signInId = randomUUID();
  // A JWT counts whole seconds.
  const expiresAt = new Date(Math.floor((Date.now() + LIFETIME_MS) / 1000) * 1000);
  // The lock makes whoever deactivates the account meanwhile end this sign-in as well, or this one see it.
  const opened = await tx.query(
    `insert into hub.sign_ins (id, user_id, user_agent, ip, expires_at)
     select $1, id, $3, $4, $5 from admin_users where id = $2 and deactivated_at is null for share returning id`,
    [signInId, userId, from.userAgent.slice(0, 500), from.address, expiresAt],
  );
  if (opened.length === 0) throw deactivated();
  return { signInId, token: tokens.issue({ signInId, userId }, expiresAt), expiresAt };
}

export const deactivated = (): Problem =>
  new Problem("user_deactivated", "Your account is deactivated. Ask an admin of the hub.");
