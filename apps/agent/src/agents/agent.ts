import type { Facts } from "@orchestratia/holder-link/wire";
import type { AgentInfo } from "@orchestratia/protocol/servers";
import type { AgentStatus as AgentStatusSchema } from "@orchestratia/protocol/vocabulary";
import type { z } from "zod";
import type { AgentHooks } from "./agent-hooks.ts";
import type { AgentScreen } from "./agent-screen.ts";
import type { Launch, LaunchRequest } from "./launch.ts";

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
  /** Whether it has what it needs to reach its model, judged without calling it; undefined when nobody can tell. */
  isLoggedIn?(env: Readonly<Record<string, string>>): boolean | undefined;
  /** How it is run in a session; without it `command` as it is, and it knows no conversations. */
  launch?(request: LaunchRequest): Launch;
  /** What its hooks tell; without it nothing is known but what is seen. */
  hooks?: AgentHooks;
  /** How its screen is read; without it only `status` is asked. */
  screen?: AgentScreen;
  /** Whether lines are typed as a paste: some take Enter after quick keys for one more line of a text. */
  isPasted?: boolean;
  /** What stops it in the middle of its work, one key after the other until it is at its prompt. Default: Esc. */
  interruptKeys?: readonly string[];
  /** What it is doing, judged by its process and the cursor's line. `exited` is not its business. */
  status(facts: Facts): AgentStatus;
}
