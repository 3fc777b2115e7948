import type { Database } from "../db/database.ts";

/** What the commands on requests for tools work with. */
export interface ToolRequests {
  readonly database: Database;
  /** The sequencer: woken after a commit that recorded facts. */
  readonly events: { wake(): void };
}

/** What the causes of their interventions begin with, before a colon. */
export const TOOL_REQUEST = "tool_request";

/** What the intervention of a request is about. */
export const causeOf = (requestId: string): string => `${TOOL_REQUEST}:${requestId}`;

export const isToolRequest = (cause: string | null): boolean => cause?.startsWith(`${TOOL_REQUEST}:`) === true;
