import { type FrameAccess, VIEWER_FRAMES } from "./frame-access.ts";
import type { Access, Operation } from "./operation.ts";

/** Everybody who may knock, as the doors tell them apart: people by what they are in the project that is asked of. */
export const CALLER_ROLES = [
  "anonymous",
  "account",
  "viewer",
  "member",
  "owner",
  "admin",
  "hub",
  "server",
  "worker",
  "orchestrator",
] as const;
export type CallerRole = (typeof CALLER_ROLES)[number];

/** Who calls, as far as it matters to what they may. */
export interface Powers {
  /** `account`: somebody who has signed in and is nothing in the project; `hub`: the machine's own token. */
  role: CallerRole;
  /** True for an access token that may only read. */
  readOnly?: boolean;
  /** True for whoever holds an access token and has not signed in. */
  byToken?: boolean;
}

/** Who is higher may do whatever those before may. */
const LADDER: readonly CallerRole[] = ["account", "viewer", "member", "owner", "admin"];
const LEAST: Partial<Record<Access, CallerRole>> = {
  signed_in: "account",
  person: "account",
  sign_in: "account",
  viewer: "viewer",
  member: "member",
  owner: "owner",
  admin: "admin",
};

/** Whether an operation lets the caller in at all; what they may do to one task or session is the command's to say. */
export function mayCall(
  { role, readOnly = false, byToken = false }: Powers,
  operation: Pick<Operation, "door" | "access" | "method">,
): boolean {
  const { door, access, method } = operation;
  if (door === "public") return true;
  if (door === "daemons") return role === "server";
  if (door === "agents")
    return role === "server" || role === "orchestrator" || (role === "worker" && access === "worker");
  if (readOnly && method !== "GET") return false;
  if (byToken && access === "sign_in") return false;
  if (role === "hub") return access !== "person" && access !== "sign_in";
  const least = LEAST[access];
  return LADDER.includes(role) && least !== undefined && LADDER.indexOf(role) >= LADDER.indexOf(least);
}

/** Whether somebody who is that in the project may send a frame about it at `/ws/dashboard`. */
export function maySend({ role, readOnly = false }: Powers, frame: keyof typeof VIEWER_FRAMES): boolean {
  const access: FrameAccess = VIEWER_FRAMES[frame];
  if (access === "anyone") return true;
  if (readOnly && access === "member") return false;
  if (role === "hub") return true;
  const least = LEAST[access as Access];
  return LADDER.includes(role) && least !== undefined && LADDER.indexOf(role) >= LADDER.indexOf(least);
}
