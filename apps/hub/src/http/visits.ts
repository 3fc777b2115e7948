import type { FastifyInstance } from "fastify";
import type { Denial } from "../access/denial.ts";
import type { RequestLimits } from "./request-limits.ts";

export interface VisitParts {
  limits: RequestLimits;
  /** Does not throw. */
  onDenied: (denial: Denial) => Promise<void>;
}

const SOCKETS = new Set(["/ws/server", "/ws/dashboard"]);
const PAGES = new Set(["/readyz", "/api/openapi.json"]);

/** Limits what costs something and is no operation: sockets until they have signed in, and some pages. */
export function countVisits(app: FastifyInstance, { limits, onDenied }: VisitParts): void {
  app.decorateRequest("visit", null);
  app.addHook("onRequest", async (request) => {
    const { url = "" } = request.routeOptions;
    if (PAGES.has(url)) limits.countAddress(request, url);
    if (!SOCKETS.has(url)) return;
    request.visit = {
      admitted: limits.countAddress(request, url),
      denied: (denial) => void onDenied({ ...denial, operation: url, address: request.ip }),
    };
  });
}
