import type { Powers } from "@orchestratia/protocol/may-call";
import type { Identity } from "./find-identity.ts";

/** The project that is asked of, as far as the caller may see it; null where none is. */
type AskedOf = { role: "owner" | "member" | "viewer" | null } | null;

/** The caller as operations know it. */
export function powersOf({ caller, signInId }: Identity, project: AskedOf): Powers {
  if (caller.kind === "system") return { role: "hub" };
  if (caller.kind === "server") return { role: "server" };
  if (caller.kind === "session") return { role: caller.role };
  const { scope } = caller;
  // A token that is good for some projects is good for nothing that belongs to the whole hub.
  const administers = caller.role === "admin" && (project !== null || (scope?.projectIds ?? null) === null);
  return {
    role: administers ? "admin" : (project?.role ?? "account"),
    readOnly: scope?.write === false,
    byToken: signInId === undefined,
  };
}
