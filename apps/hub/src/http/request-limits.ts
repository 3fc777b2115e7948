import rateLimit from "@fastify/rate-limit";
import { Problem } from "@orchestratia/protocol/problems";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { callerKey } from "../access/caller-key.ts";
import { countedAddress } from "../access/counted-address.ts";
import { WindowCount } from "./window-count.ts";

const MINUTE_MS = 60_000;

/** How many requests a minute are answered. */
export interface RequestRates {
  perAddress: number;
  perCaller: number;
}

export interface RequestLimits {
  /**
   * Counts a request of somebody who is not known (yet) and returns how to take it back. Throws too_many_requests. What
   * is no operation, a page or a socket, is counted for itself, so that nobody's wrong keys keep a neighbour's daemon out.
   */
  countAddress(request: FastifyRequest, page?: string): () => void;
  /** Counts a request of whom `request.identity` names. Throws too_many_requests. */
  countCaller(request: FastifyRequest): Promise<void>;
}

/**
 * Two limits: of addresses for whoever is not signed in, of keys for whoever is. A machine full of agents behind one
 * address is not held up by its neighbours, and guessing keys is.
 */
export async function requestLimits(app: FastifyInstance, rates: RequestRates): Promise<RequestLimits> {
  await app.register(rateLimit, { global: false });
  const byAddress = new WindowCount(rates.perAddress, MINUTE_MS);
  const byCaller = app.createRateLimit({
    max: rates.perCaller,
    timeWindow: MINUTE_MS,
    keyGenerator: ({ identity }) => (identity ? callerKey(identity.caller) : ""),
  });
  return {
    countAddress: ({ ip }, page = "") => {
      const counted = byAddress.add(`${countedAddress(ip)} ${page}`);
      if (typeof counted === "number") throw tooMany(Math.ceil(counted / 1_000));
      return counted;
    },
    countCaller: async (request) => {
      const outcome = await byCaller(request);
      if (!outcome.isAllowed && outcome.isExceeded) throw tooMany(outcome.ttlInSeconds);
    },
  };
}

const tooMany = (seconds: number) =>
  new Problem("too_many_requests", `Too many requests; try again in ${seconds} s.`, { retry_after: seconds });
