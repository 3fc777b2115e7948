import type { StateTone } from "../../ui/state-dot.tsx";

type Grant = {
  good: boolean;
  expires_at: string | null;
  revoked_at: string | null;
  /** Only registration tokens are used up. */
  used_at?: string | null;
};

type GrantState = { tone: StateTone; word: string };

const moment = (at: string) => new Date(at).toLocaleString();

/** Whether a key or a registration token still opens the door, and until when. */
export function grantState({ good, expires_at, revoked_at, used_at }: Grant): GrantState {
  const isToken = used_at !== undefined;
  if (revoked_at !== null) return { tone: "off", word: "Revoked" };
  if (isToken && used_at !== null) return { tone: "off", word: "Used" };
  if (!good) return { tone: "off", word: "Expired" };
  if (expires_at === null) return { tone: "good", word: "Good" };
  // A token is made to end; a key that ends is on its way out.
  return { tone: isToken ? "good" : "attention", word: `Good until ${moment(expires_at)}` };
}
