import { z } from "zod";

interface JsonSchema {
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  default?: unknown;
  examples?: unknown[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  format?: string;
  pattern?: string;
  minimum?: number;
  exclusiveMinimum?: number;
  minLength?: number;
  minItems?: number;
  items?: JsonSchema;
  not?: unknown;
  prefixItems?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
}

const ID = "3f0c2a5e-7b1d-4c8e-9f60-2a4d5b6c7e81";

/** What a field of this name holds in an example, where its schema alone would say little. */
const BY_NAME: Readonly<Record<string, unknown>> = {
  title: "Add a health check",
  spec: "GET /healthz answers 200 while the database does.",
  key: "APP-12",
  email: "ada@example.org",
  name: "builder-1",
  hostname: "builder-1",
  question: "May I change the public API?",
  response: "Yes, keep the old name as an alias.",
  feedback: "Leave the migration out of this one.",
  content: "The schema is in docs/schema.md.",
  error: "The tests need a database that is not there.",
  summary: "The health check is in place.",
  detail: "APP-12 is running.",
  password: "correct horse battery staple",
  working_directory: "/srv/app",
  target_repo: "app",
  target_branch: "main",
  agent: "claude",
  session_name: "worker-1",
  data: "bHMK",
  token: "orcreg_aHR0cHM6Ly9odWI.example",
  registration_token: "orcreg_aHR0cHM6Ly9odWI.example",
  api_key: "orc_example",
  sha256: "98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4",
  command: "git status --short",
  path: "/srv/app/README.md",
  labels: ["api"],
  plan: { summary: "Add the route, then its test." },
  result: { summary: "The health check is in place.", contracts: { route: "/healthz" } },
};

const BY_FORMAT: Readonly<Record<string, string>> = {
  uuid: ID,
  email: "ada@example.org",
  "date-time": "2026-01-31T09:30:00.000Z",
  date: "2026-01-31",
  uri: "https://hub.example.org",
  ipv4: "192.0.2.7",
};

/** One value that the schema allows, the same each time: required fields, and optional ones whose name says what they hold. */
export function exampleOf(schema: z.ZodType, io: "input" | "output"): unknown {
  const document = z.toJSONSchema(schema, { io, unrepresentable: "any", target: "draft-2020-12" }) as JsonSchema;
  const wanted = new Examples(document.$defs ?? {});
  return [wanted.of(document, undefined, 0), wanted.smallest(document)].find(
    (candidate) => schema.safeParse(candidate).success,
  );
}

class Examples {
  readonly #defs: Record<string, JsonSchema>;
  #optional = true;

  constructor(defs: Record<string, JsonSchema>) {
    this.#defs = defs;
  }

  smallest(schema: JsonSchema): unknown {
    this.#optional = false;
    return this.of(schema, undefined, 0);
  }

  of(schema: JsonSchema, name: string | undefined, depth: number): unknown {
    if (schema.$ref) return this.of(this.#defs[schema.$ref.replace("#/$defs/", "")] ?? {}, name, depth);
    if (schema.examples?.length) return schema.examples[0];
    if (schema.const !== undefined) return schema.const;
    if (schema.enum) return schema.enum[0];
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices) return this.#choice(choices, name, depth);
    if (schema.allOf)
      return Object.assign({}, ...schema.allOf.map((part) => this.of(part, name, depth) as Record<string, unknown>));
    const named = name === undefined ? undefined : namedValues(name).find((value) => fits(value, schema));
    if (named !== undefined) return named;
    if (schema.default !== undefined) return schema.default;
    return this.#ofType(schema, depth);
  }

  #choice(choices: JsonSchema[], name: string | undefined, depth: number): unknown {
    const something = choices.find((choice) => choice.type !== "null");
    return depth > 6 && choices.length > 1 && choices.some((choice) => choice.type === "null")
      ? null
      : this.of(something ?? {}, name, depth + 1);
  }

  #ofType(schema: JsonSchema, depth: number): unknown {
    const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
    if (type === "object") return this.#object(schema, depth);
    if (type === "array") return this.#array(schema, depth);
    if (type === "integer" || type === "number") return Math.max(1, schema.minimum ?? 1);
    if (type === "boolean") return true;
    if (type === "string") return text(schema);
    return type === "null" ? null : {};
  }

  #object(schema: JsonSchema, depth: number): unknown {
    const required = new Set(schema.required);
    const fields = Object.entries(schema.properties ?? {}).filter(
      ([name]) => required.has(name) || (this.#optional && depth < 2 && Object.hasOwn(BY_NAME, name)),
    );
    return Object.fromEntries(fields.map(([name, field]) => [name, this.of(field, name, depth + 1)]));
  }

  #array(schema: JsonSchema, depth: number): unknown {
    if (schema.prefixItems) return schema.prefixItems.map((item) => this.of(item, undefined, depth + 1));
    const hasSomething = schema.items !== undefined && schema.items.not === undefined;
    const wanted = Math.max(schema.minItems ?? 0, depth < 4 && hasSomething ? 1 : 0);
    return Array.from({ length: wanted }, () => this.of(schema.items ?? {}, undefined, depth + 1));
  }
}

const namedValues = (name: string): unknown[] => (Object.hasOwn(BY_NAME, name) ? [BY_NAME[name], ID, "APP", 1] : []);

function text({ format, minLength = 0 }: JsonSchema): string {
  const known = format && BY_FORMAT[format];
  return known ?? "text".padEnd(minLength, "t");
}

function fits(value: unknown, { type, properties, pattern, format }: JsonSchema): boolean {
  if (type === undefined) return properties === undefined;
  if (typeof value === "string" && pattern !== undefined && !new RegExp(pattern, "u").test(value)) return false;
  if (typeof value === "string" && format === "uuid" && value !== ID) return false;
  const actual = Array.isArray(value) ? "array" : typeof value;
  return Array.isArray(type) ? type.includes(actual) : type === actual;
}
