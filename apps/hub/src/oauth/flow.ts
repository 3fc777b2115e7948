import { timingSafeEqual } from "node:crypto";
import { Problem } from "@orchestratia/protocol/problems";
import * as openid from "openid-client";
import { z } from "zod";
import type { SecretBox } from "../secrets/secret-box.ts";

export const FLOW_LIFETIME_MS = 10 * 60_000;
const PURPOSE = "sign-in flow";

/** A sign-in on its way over a provider: what the browser keeps, sealed, until it comes back. */
const Flow = z.object({
  provider: z.string(),
  state: z.string(),
  nonce: z.string(),
  codeVerifier: z.string(),
  /** Where to go on. */
  next: z.string(),
  invitation: z.string().optional(),
  /** Whose account is to be linked, and by which sign-in they asked for it. */
  linkTo: z.object({ userId: z.string(), signInId: z.string() }).optional(),
  expiresAt: z.number(),
});
export type Flow = z.infer<typeof Flow>;

export const newFlow = (about: Pick<Flow, "provider" | "next" | "invitation" | "linkTo">): Flow => ({
  ...about,
  state: openid.randomState(),
  nonce: openid.randomNonce(),
  codeVerifier: openid.randomPKCECodeVerifier(),
  expiresAt: Date.now() + FLOW_LIFETIME_MS,
});

/** For the browser to keep: it can neither be read nor made there. */
export const sealFlow = (box: SecretBox, flow: Flow): string => box.seal(JSON.stringify(flow), PURPOSE);

/**
 * The flow that the answer of a provider belongs to. Throws oauth_expired when the browser keeps none of it: it took too
 * long, or somebody else began it.
 */
export function openFlow(
  box: SecretBox,
  sealed: string | undefined,
  { provider, state }: { provider: string; state: string | undefined },
): Flow {
  const flow = sealed === undefined ? undefined : opened(box, sealed);
  if (!flow || flow.provider !== provider || flow.expiresAt < Date.now() || !isSame(flow.state, state ?? "")) {
    throw new Problem(
      "oauth_expired",
      "The sign-in took too long, or began in another browser or at another address of the hub.",
    );
  }
  return flow;
}

function opened(box: SecretBox, sealed: string): Flow | undefined {
  try {
    return Flow.parse(JSON.parse(box.open(sealed, PURPOSE)));
  } catch {
    // Made by somebody else, or sealed with a key that is gone.
    return undefined;
  }
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
