/** What is read of a JSON Schema that zod made. */
interface JsonSchema {
  type?: string | readonly string[];
  const?: unknown;
  enum?: readonly unknown[];
  anyOf?: readonly JsonSchema[];
  properties?: Readonly<Record<string, JsonSchema>>;
  additionalProperties?: JsonSchema | boolean;
  required?: readonly string[];
  items?: JsonSchema;
  format?: string;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  maxItems?: number;
  default?: unknown;
  description?: string;
  $ref?: string;
  $defs?: Readonly<Record<string, JsonSchema>>;
}

/** A zod schema, as far as it is needed here. */
export interface Schema {
  toJSONSchema(options: { io: "input" | "output" }): object;
}

export interface Field {
  name: string;
  optional: boolean;
  value: string;
  description: string;
  /** As JSON; undefined when a sender may not leave the member out, or nothing takes its place. */
  fallback: string | undefined;
}

/** The members of an object's schema, in words. `input`: as a sender may write it; `output`: with defaults filled in. */
export function fieldsOf(schema: Schema, io: "input" | "output"): Field[] {
  const root = schema.toJSONSchema({ io }) as JsonSchema;
  const object = { ...resolved(root, root), $defs: root.$defs ?? {} };
  return Object.entries(object.properties ?? {}).map(([name, given]) => {
    return {
      name,
      optional: !object.required?.includes(name),
      value: valueWords(given, object),
      description: given.description ?? resolved(given, object).description ?? "",
      fallback: io === "input" && given.default !== undefined ? JSON.stringify(given.default) : undefined,
    };
  });
}

function resolved(schema: JsonSchema, root: JsonSchema): JsonSchema {
  if (schema.$ref === undefined) return schema;
  const name = schema.$ref.split("/").at(-1) ?? "";
  const found = root.$defs?.[name];
  if (!found) throw new Error(`the schema has no definition "${name}"`);
  return found;
}

function valueWords(given: JsonSchema, root: JsonSchema): string {
  const schema = resolved(given, root);
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.enum) return schema.enum.map((each) => `\`${each}\``).join(", ");
  if (schema.anyOf) return schema.anyOf.map((each) => valueWords(each, root)).join(" or ");
  if (Array.isArray(schema.type)) return schema.type.map((type) => valueWords({ ...schema, type }, root)).join(" or ");
  switch (schema.type) {
    case "string":
      return textWords(schema);
    case "integer":
    case "number":
      return `${schema.type}${rangeWords(schema)}`;
    case "array":
      return `list of ${schema.items ? valueWords(schema.items, root) : "anything"}`;
    case "object":
      return objectWords(schema, root);
    case "boolean":
    case "null":
      return schema.type;
    default:
      return "any JSON";
  }
}

function textWords({ format, maxLength }: JsonSchema): string {
  if (format === "uuid") return "UUID";
  if (format === "date-time") return "time";
  return maxLength === undefined ? "text" : `text, at most ${maxLength.toLocaleString("en")}`;
}

/** zod bounds every integer by what JavaScript can count to, which says nothing. */
function rangeWords({ minimum, maximum }: JsonSchema): string {
  const from = minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum;
  const to = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (from !== undefined && to !== undefined) return `, ${from} to ${to}`;
  if (from !== undefined) return `, at least ${from}`;
  return to === undefined ? "" : `, at most ${to}`;
}

function objectWords({ properties, additionalProperties }: JsonSchema, root: JsonSchema): string {
  const names = Object.keys(properties ?? {});
  if (names.length > 0) return `{ ${names.join(", ")} }`;
  const values = typeof additionalProperties === "object" ? valueWords(additionalProperties, root) : "any JSON";
  return `object of ${values}`;
}
