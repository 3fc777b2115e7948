import type { AgentInfo } from "@orchestratia/protocol/servers";
import type { AgentStatus as AgentStatusSchema } from "@orchestratia/protocol/vocabulary";
import type { z } from "zod";
import type { Facts } from "../terminals/holder/wire.ts";

export type AgentStatus = z.infer<typeof AgentStatusSchema>;

/** A program that can work in a session. */
export interface Agent {
  name: string;
  kind: AgentInfo["kind"];
  command: string[];
  /** Where it runs when the hub names no folder. */
  cwd?: string;
  /** How to ask it for its version; without it nobody asks. */
  versionArgs?: string[];
  /** What it is doing, judged from outside. `exited` is not its business. */
  status(facts: Facts): AgentStatus;
}
