// Plain JavaScript: a worker thread loads this file as it is, from the sources and from the build alike.
import { parentPort } from "node:worker_threads";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormatsModule from "ajv-formats";

/**
 * A question of the checker: does `value` satisfy `schema`? Without a value: can the schema be used at all?
 * @typedef {{ id: number, schema: unknown, value?: unknown }} SchemaQuestion
 * @typedef {{ id: number, errors: string[] }} SchemaAnswer The first, with id 0, says that the worker is ready.
 */

const MAX_DEPTH = 64;
const MAX_ERRORS = 20;
const KEPT_SCHEMAS = 200;

const addFormats = /** @type {(ajv: Ajv2020) => void} */ (/** @type {unknown} */ (addFormatsModule));
/** @type {Map<string, import("ajv/dist/2020.js").ValidateFunction>} */
const compiled = new Map();

/** @param {unknown} value @param {number} limit @returns {boolean} */
function withinDepth(value, limit) {
  if (limit === 0) return false;
  if (typeof value !== "object" || value === null) return true;
  return Object.values(value).every((inner) => withinDepth(inner, limit - 1));
}

/** @param {unknown} schema */
function compile(schema) {
  const text = JSON.stringify(schema);
  const known = compiled.get(text);
  if (known) return known;
  // A fresh instance each time, or one schema's $id would be in the next one's way. No loadSchema: no remote $ref.
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });
  addFormats(ajv);
  const validate = ajv.compile(/** @type {object} */ (schema));
  if (compiled.size >= KEPT_SCHEMAS) compiled.clear();
  compiled.set(text, validate);
  return validate;
}

/** @param {SchemaQuestion} question @returns {string[]} */
function errorsOf({ schema, value }) {
  if (!withinDepth(schema, MAX_DEPTH)) return [`the schema is nested deeper than ${MAX_DEPTH} levels`];
  let validate;
  try {
    validate = compile(schema);
  } catch (error) {
    return [`the schema cannot be used: ${error instanceof Error ? error.message : error}`];
  }
  if (value === undefined) return [];
  if (!withinDepth(value, MAX_DEPTH * 2)) return [`the value is nested deeper than ${MAX_DEPTH * 2} levels`];
  if (validate(value)) return [];
  return (validate.errors ?? [])
    .slice(0, MAX_ERRORS)
    .map((error) => `${error.instancePath || "/"} ${error.message ?? "is not valid"}`);
}

parentPort?.on("message", (/** @type {SchemaQuestion} */ question) => {
  parentPort?.postMessage(/** @type {SchemaAnswer} */ ({ id: question.id, errors: errorsOf(question) }));
});

// The compiler's own start-up is not the first schema's fault.
compile({ type: "object", properties: { warm: { type: "array", items: { type: "string", pattern: "^a+$" } } } })({
  warm: ["a"],
});
parentPort?.postMessage(/** @type {SchemaAnswer} */ ({ id: 0, errors: [] }));
