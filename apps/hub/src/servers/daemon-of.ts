import { Problem } from "@orchestratia/protocol/problems";
import type { Caller } from "../access/caller.ts";

/** Who came through the daemons' door. */
export function daemonOf(caller: Caller): Extract<Caller, { kind: "server" }> {
  if (caller.kind !== "server") throw new Problem("forbidden", "This needs the server's own key.");
  return caller;
}
