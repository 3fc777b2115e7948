import { Problem } from "@orchestratia/protocol/problems";
import type { FastifyInstance } from "fastify";
import { parseDocument } from "yaml";
import { jsonReader } from "./json-body.ts";

const YAML_TYPES = ["application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"];

/** Aliases that a file may follow: the usual few anchors, and no bomb. */
const MAX_ALIASES = 100;
/** What the file may be as JSON once its aliases are written out. */
const MAX_JSON_LENGTH = 4 * 1024 * 1024;

/** Lets the routes of `app` take YAML where they take JSON. */
export function readYamlBodies(app: FastifyInstance): void {
  const readJson = jsonReader(app);
  app.addContentTypeParser<string>(YAML_TYPES, { parseAs: "string" }, (request, body, done) => {
    try {
      return readJson(request, jsonOfYaml(body), done);
    } catch (error) {
      return done(error as Error);
    }
  });
}

/**
 * The JSON text of a YAML document, so that one reader checks both. Only what JSON can say: no tags that make objects, no
 * merge keys, no key twice. Throws `malformed_yaml`.
 */
function jsonOfYaml(text: string): string {
  const json = written(text);
  if (json === undefined) return "";
  if (json.length > MAX_JSON_LENGTH) throw malformed(`written out it has more than ${MAX_JSON_LENGTH} characters`);
  return json;
}

/** The reader throws what it finds too much: aliases beyond the limit, and nesting that its own stack does not hold. */
function written(text: string): string | undefined {
  try {
    const document = parseDocument(text, { schema: "core", merge: false, uniqueKeys: true, prettyErrors: true });
    const [error] = [...document.errors, ...document.warnings];
    if (error) throw error;
    return JSON.stringify(document.toJS({ maxAliasCount: MAX_ALIASES }));
  } catch (error) {
    throw malformed(error instanceof RangeError ? "it is nested too deeply" : (error as Error).message);
  }
}

const malformed = (reason: string) =>
  new Problem("malformed_yaml", `The body is not YAML that can be read: ${reason.trim().replace(/\.$/, "")}.`);
