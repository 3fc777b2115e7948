import fc from "fast-check";

/** What the generator reads of a JSON Schema (2020-12). */
export interface JsonSchema {
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  format?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
}

/** Ids and names of what exists, by the field or parameter that would hold them: so that requests reach something. */
export type Known = (name: string) => readonly unknown[];

const DEEPEST = 5;
const LONGEST = 300;

/** What no schema asks for and every edge has to bear. */
const hostile: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    "'; drop table tasks; --",
    "__proto__",
    "constructor",
    "../../etc/passwd",
    "%00",
    "\u202eabc",
    "😀".repeat(300),
    "x".repeat(20_000),
    -1,
    0,
    0.5,
    1e308,
    Number.MAX_SAFE_INTEGER,
    2 ** 31,
    [],
    {},
    [[[[[[]]]]]],
    { a: { b: { c: [{}] } } },
    "00000000-0000-4000-8000-000000000000",
    "2026-02-30T25:61:00Z",
  ),
  fc.string({ unit: "binary", maxLength: 50 }),
  fc.integer(),
  fc.double(),
  fc.jsonValue({ maxDepth: 4 }),
);

/** Values that the schema asks for, most of the time; now and then, anywhere in them, what it does not. */
export class SchemaValues {
  readonly #defs: Record<string, JsonSchema>;
  readonly #known: Known;

  constructor(defs: Record<string, JsonSchema>, known: Known) {
    this.#defs = defs;
    this.#known = known;
  }

  of(schema: JsonSchema, name = "", depth = 0): fc.Arbitrary<unknown> {
    const right = this.#right(schema, name, depth);
    return fc.oneof({ arbitrary: right, weight: 24 }, { arbitrary: hostile, weight: 1 });
  }

  #right(schema: JsonSchema, name: string, depth: number): fc.Arbitrary<unknown> {
    if (schema.$ref) return this.of(this.#defs[schema.$ref.replace("#/$defs/", "")] ?? {}, name, depth);
    if (schema.const !== undefined) return fc.constant(schema.const);
    if (schema.enum) return fc.constantFrom(...schema.enum);
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices) return fc.oneof(...choices.map((choice) => this.#right(choice, name, depth + 1)));
    if (schema.allOf) return this.#right(Object.assign({}, ...schema.allOf), name, depth);
    const known = this.#known(name);
    const plain = this.#ofType(schema, depth);
    if (known.length === 0) return plain;
    return fc.oneof({ arbitrary: fc.constantFrom(...known), weight: 4 }, { arbitrary: plain, weight: 1 });
  }

  #ofType(schema: JsonSchema, depth: number): fc.Arbitrary<unknown> {
    const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
    if (type === "object") return this.#object(schema, depth);
    if (type === "array") return this.#array(schema, depth);
    if (type === "string") return text(schema);
    if (type === "boolean") return fc.boolean();
    if (type === "null") return fc.constant(null);
    if (type === "integer" || type === "number") {
      return fc.integer({ min: bounded(schema.minimum, -5), max: bounded(schema.maximum, 1_000) });
    }
    return fc.jsonValue({ maxDepth: 2 });
  }

  #object(schema: JsonSchema, depth: number): fc.Arbitrary<unknown> {
    const properties = Object.entries(schema.properties ?? {});
    if (properties.length === 0 || depth > DEEPEST) {
      return properties.length === 0
        ? fc.dictionary(fc.string({ maxLength: 10 }), fc.jsonValue({ maxDepth: 1 }))
        : fc.constant({});
    }
    const model = Object.fromEntries(properties.map(([name, field]) => [name, this.of(field, name, depth + 1)]));
    const all = schema.required ?? [];
    const whole = fc.record(model, { requiredKeys: all });
    // Now and then something is missing or too much.
    const partial = fc.record(model, { requiredKeys: [] });
    const more = whole.map((value) => ({ ...(value as object), unknown_member: 1 }));
    return fc.oneof(
      { arbitrary: whole, weight: 12 },
      { arbitrary: partial, weight: 1 },
      { arbitrary: more, weight: 1 },
    );
  }

  #array(schema: JsonSchema, depth: number): fc.Arbitrary<unknown> {
    if (depth > DEEPEST) return fc.constant([]);
    return fc.array(this.of(schema.items ?? {}, "", depth + 1), { maxLength: Math.min(schema.maxItems ?? 3, 3) });
  }
}

function text({ format, minLength = 0, maxLength = LONGEST }: JsonSchema): fc.Arbitrary<unknown> {
  if (format === "uuid") return fc.uuid({ version: 4 });
  if (format === "email") return fc.emailAddress();
  if (format === "date-time") return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  return fc.string({
    unit: "grapheme",
    minLength: Math.min(minLength, LONGEST),
    maxLength: Math.min(maxLength, LONGEST),
  });
}

/** JSON Schema says "any safe integer" with numbers nobody would send. */
const bounded = (limit: number | undefined, usual: number): number =>
  limit === undefined || Math.abs(limit) > 1e9 ? usual : limit;
