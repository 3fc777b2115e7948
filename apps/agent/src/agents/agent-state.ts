/** What an agent waits for that somebody else must do. */
export interface Waiting {
  for: "permission" | "question" | "login" | "usage_limit";
  /** What it shows about it, shortened. */
  text: string;
  /** What it offers to choose from. */
  options?: string[];
  /** When a usage limit ends, ISO 8601, when the agent tells. */
  resets_at?: string;
  /** It tries again by itself when the usage limit ends; not told to the hub. */
  goesOn?: true;
}

/** What a hook can tell of an agent's state: hooks know neither that it is unknown nor that it ended. */
export interface HookStatus {
  status: "working" | "waiting" | "idle";
  /** Present when and only when `status` is `waiting`. */
  waiting?: Waiting;
}

/** The longest text of a `Waiting`: the wire refuses more. */
export const waitingTextLimit = 500;

/** Whether two states are told as one. */
export const sameStatus = (
  one: { status: string; waiting?: Waiting },
  other: { status: string; waiting?: Waiting },
): boolean =>
  one.status === other.status && one.waiting?.for === other.waiting?.for && one.waiting?.text === other.waiting?.text;
