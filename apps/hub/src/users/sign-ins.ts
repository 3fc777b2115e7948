import { randomUUID } from "node:crypto";
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

/** Opens a sign-in for a day. */
export async function openSignIn(tx: Tx, tokens: SignInTokens, userId: string, from: Origin): Promise<OpenSignIn> {
  const signInId = randomUUID();
  // A JWT counts whole seconds.
  const expiresAt = new Date(Math.floor((Date.now() + LIFETIME_MS) / 1000) * 1000);
  await tx.query("insert into hub.sign_ins (id, user_id, user_agent, ip, expires_at) values ($1, $2, $3, $4, $5)", [
    signInId,
    userId,
    from.userAgent.slice(0, 500),
    from.address,
    expiresAt,
  ]);
  return { signInId, token: tokens.issue({ signInId, userId }, expiresAt), expiresAt };
}
