import type { Denial } from "./denial.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Set for what asks for a socket. */
    visit: Visit | null;
  }
}

/** Somebody who opens a socket, and need not say who they are before they have it. */
export interface Visit {
  /** They have signed in, and count as a stranger no more. */
  admitted(): void;
  /** They, or what they asked for, were not let in. */
  denied(denial: Omit<Denial, "operation" | "address">): void;
}
