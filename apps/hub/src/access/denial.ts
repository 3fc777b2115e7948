import type { ProblemCode } from "@orchestratia/protocol/problems";
import type { Caller } from "./caller.ts";

/** Somebody was not let in. */
export interface Denial {
  /** An operation's id, or the path of a socket or page. */
  operation: string;
  problem: ProblemCode;
  /** Undefined for somebody whose key or token is not known. */
  caller: Caller | undefined;
  address: string;
  /** What was asked of, where the caller may see it. */
  projectId: string | null;
  /** What they named, where the caller may not: a project, a topic, a session, or the hub by a foreign name. */
  asked: string | undefined;
}
