import { createHmac, timingSafeEqual } from "node:crypto";

/** Made from the sign-in, so that it need not be stored, and only pages of the hub are told it. */
export const csrfToken = (secret: string, signInId: string): string =>
  createHmac("sha256", secret).update(signInId).digest("base64url");

export function isCsrfToken(secret: string, signInId: string, given: unknown): boolean {
  if (typeof given !== "string") return false;
  const expected = Buffer.from(csrfToken(secret, signInId));
  const actual = Buffer.from(given);
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}
