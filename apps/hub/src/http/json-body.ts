import { Problem } from "@orchestratia/protocol/problems";
import type { FastifyInstance, FastifyRequest } from "fastify";

/**
 * Reads JSON bodies and nothing else. An empty body counts as none, whatever its content type says: existing clients
 * declare JSON on requests without a body.
 */
export function readJsonBodies(app: FastifyInstance): void {
  // Refuses `__proto__` and `constructor.prototype` keys.
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<string>("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body.trim() === "") return done(null, undefined);
    void parse(request, body, (error, document) => {
      if (error) return done(new Problem("malformed_json", `The body is not JSON: ${error.message}`));
      // Only an escape can bring a NUL through a JSON parser; most bodies hold none and need no search.
      if (body.includes("\\u0000") && hasNul(document)) return done(nul());
      done(null, document);
    });
  });
}

/** Throws nul_character for a NUL in an address: Postgres cannot keep one. */
export function refuseNulInUrl(request: FastifyRequest): void {
  if (request.raw.url?.includes("%00")) throw nul();
}

const nul = () => new Problem("nul_character", "Text may not contain the NUL character.");

function hasNul(value: unknown): boolean {
  if (typeof value === "string") return value.includes("\0");
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, inner]) => key.includes("\0") || hasNul(inner));
}
