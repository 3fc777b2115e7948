import type { HubClient } from "@orchestratia/client/http";

/** The hub as most commands call it, whoever runs them. */
export type Hub = Pick<HubClient, "call" | "lines">;
