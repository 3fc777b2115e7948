import rateLimit from "@fastify/rate-limit";
import { Problem } from "@orchestratia/protocol/problems";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { callerKey } from "../access/caller-key.ts";

const MINUTE_MS = 60_000;

/** How many requests a minute are answered. */
export interface RequestRates {
  perAddress: number;
  perCaller: number;
}

export interface RequestLimits {
  /** Counts an unauthenticated request. Throws too_many_requests. */
  countAddress(request: FastifyRequest): Promise<void>;
  /** Counts a request of whom `request.identity` names. Throws too_many_requests. */
  countCaller(request: FastifyRequest): Promise<void>;
}

/**
 * Two limits: of addresses for whoever is not signed in, of keys for whoever is. A machine full of agents behind one
 * address is not held up by its neighbours, and guessing keys is.
 */
export async function requestLimits(app: FastifyInstance, rates: RequestRates): Promise<RequestLimits> {
  await app.register(rateLimit, { global: false });
  const byAddress = app.createRateLimit({ max: rates.perAddress, timeWindow: MINUTE_MS });
  const byCaller = app.createRateLimit({
    max: rates.perCaller,
    timeWindow: MINUTE_MS,
    keyGenerator: ({ identity }) => (identity ? callerKey(identity.caller) : ""),
  });
  return {
    countAddress: async (request) => refuseBeyond(await byAddress(request)),
    countCaller: async (request) => refuseBeyond(await byCaller(request)),
  };
}

type Outcome = Awaited<ReturnType<ReturnType<FastifyInstance["createRateLimit"]>>>;

function refuseBeyond(outcome: Outcome): void {
  if (outcome.isAllowed || !outcome.isExceeded) return;
  throw new Problem("too_many_requests", `Too many requests; try again in ${outcome.ttlInSeconds} s.`, {
    retry_after: outcome.ttlInSeconds,
  });
}
