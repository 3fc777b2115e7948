import type { ProblemCode } from "@orchestratia/protocol/problems";
import type { Caller } from "./caller.ts";

/** Somebody was not let in. */
export interface Denial {
  operation: string;
  problem: ProblemCode;
  /** Undefined for somebody whose key or token is not known. */
  caller: Caller | undefined;
  address: string;
  /** What was asked of, where the caller may see it. */
  projectId: string | null;
  /** What the path names as the project, where the caller may not. */
  asked: string | undefined;
}
