import { Problem } from "@orchestratia/protocol/problems";
import type { FastifyBodyParser, FastifyInstance, FastifyRequest } from "fastify";
import { operationOf } from "./serve.ts";

/**
 * Reads JSON bodies and nothing else. An empty body counts as none, whatever its content type says: existing clients
 * declare JSON on requests without a body.
 */
export function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<string>("application/json", { parseAs: "string" }, jsonReader(app));
}

/** Reads a body that is JSON, or that was made JSON by the reader of another language. */
export function jsonReader(app: FastifyInstance): FastifyBodyParser<string> {
  // Refuses `__proto__` and `constructor.prototype` keys.
  const parse = app.getDefaultJsonParser("error", "error");
  const parseAndMend = app.getDefaultJsonParser("remove", "remove");
  return (request, body, done) => {
    if (body.trim() === "") return done(null, undefined);
    if (operationOf(request)?.mendsText) {
      void parseAndMend(request, body, (error, document) => {
        if (error) done(new Problem("malformed_json", `The body is not JSON: ${error.message}`));
        else done(null, mended(document, MAX_DEPTH));
      });
      return;
    }
    void parse(request, body, (error, document) => {
      if (error) return done(new Problem("malformed_json", `The body is not JSON: ${error.message}`));
      const problem = objection(body, document);
      if (problem) done(problem);
      else done(null, document);
    });
  };
}

/** Deeper than any document that makes sense, and far from where recursion would run out of stack. */
const MAX_DEPTH = 200;

/** What Postgres could not keep or the hub could not walk. */
function objection(body: string, document: unknown): Problem | undefined {
  // Each level takes two characters at least: most bodies are too short to be too deep.
  if (body.length >= 2 * MAX_DEPTH && !isWithin(document, MAX_DEPTH)) {
    return new Problem("json_too_deep", `The body is nested deeper than ${MAX_DEPTH} levels.`);
  }
  // Only an escape can bring these through a JSON parser; most bodies hold none and need no search.
  if (body.includes("\\u0000") && someText(document, (text) => text.includes("\0"))) return nul();
  if (/\\ud/i.test(body) && someText(document, (text) => LONE_SURROGATE.test(text))) {
    return new Problem("lone_surrogate", "Text may not contain one half of a surrogate pair.");
  }
  return undefined;
}

/** The same with what cannot be kept taken out of it: for senders that would lose everything at a refusal. */
function mended(value: unknown, levels: number): unknown {
  if (typeof value === "string") return mendedText(value);
  if (typeof value !== "object" || value === null) return value;
  if (levels === 0) return null;
  if (Array.isArray(value)) return value.map((inner) => mended(inner, levels - 1));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [mendedText(key), mended(inner, levels - 1)]));
}

const mendedText = (text: string): string => text.replaceAll(/[\0\p{Surrogate}]/gu, "\uFFFD");

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Throws nul_character for a NUL in an address: Postgres cannot keep one. */
export function refuseNulInUrl(request: FastifyRequest): void {
  if (request.raw.url?.includes("%00")) throw nul();
}

const nul = () => new Problem("nul_character", "Text may not contain the NUL character.");

function isWithin(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isWithin(inner, levels - 1));
}

function someText(value: unknown, matches: (text: string) => boolean): boolean {
  if (typeof value === "string") return matches(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, inner]) => matches(key) || someText(inner, matches));
}
