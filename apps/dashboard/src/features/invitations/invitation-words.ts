import type { Invitation } from "@orchestratia/protocol/invitations";

type Fate = Pick<Invitation, "good" | "accepted_at" | "accepted_by" | "revoked_at" | "expires_at">;

/** What has become of an invitation. */
export function fateWords({ good, accepted_at, accepted_by, revoked_at, expires_at }: Fate, now: number): string {
  if (accepted_at) return accepted_by ? `accepted by ${accepted_by.name}` : "accepted";
  if (revoked_at) return "revoked";
  if (good) return `good until ${new Date(expires_at).toLocaleDateString()}`;
  return Date.parse(expires_at) <= now ? "too old" : "good for nothing: whoever made it may not invite any more";
}
