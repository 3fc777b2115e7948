import type { FastifyReply, FastifyRequest } from "fastify";
import { csrfToken } from "./csrf.ts";

export interface WelcomeParts {
  cookieName: string;
  csrfSecret: string;
}

interface OpenSignIn {
  signInId: string;
  token: string;
  expiresAt: Date;
}

/** Hands somebody who has signed in their cookie; what is returned serves those who keep none. */
export function welcome(
  { cookieName, csrfSecret }: WelcomeParts,
  { signInId, token, expiresAt }: OpenSignIn,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
): { token: string; csrf_token: string; expires_at: string } {
  reply.setCookie(cookieName, token, { ...signInCookie(request), expires: expiresAt });
  return { token, csrf_token: csrfToken(csrfSecret, signInId), expires_at: expiresAt.toISOString() };
}

export const signInCookie = ({ protocol }: FastifyRequest) =>
  ({ path: "/", httpOnly: true, sameSite: "lax", secure: protocol === "https" }) as const;

/** Where somebody signs in from. */
export const originOf = ({ ip, headers }: FastifyRequest): { address: string; userAgent: string } => ({
  address: ip,
  userAgent: headers["user-agent"] ?? "",
});
