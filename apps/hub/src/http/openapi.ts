import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { Access, Door, Operation } from "@orchestratia/protocol/operation";
import { operations } from "@orchestratia/protocol/operations/all";
import { type ProblemCode, problems } from "@orchestratia/protocol/problems";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import type { z } from "zod";
import { exampleOf } from "./openapi-examples.ts";

/** What may come back from any operation behind the door. */
const COMMON: Readonly<Record<Door, readonly ProblemCode[]>> = {
  public: ["host_not_allowed", "too_many_requests", "shutting_down", "database_unavailable", "internal"],
  people: [
    "host_not_allowed",
    "unauthenticated",
    "csrf_failed",
    "forbidden",
    "too_many_requests",
    "shutting_down",
    "database_unavailable",
    "internal",
  ],
  daemons: ["unauthenticated", "forbidden", "too_many_requests", "shutting_down", "database_unavailable", "internal"],
  agents: ["unauthenticated", "forbidden", "too_many_requests", "shutting_down", "database_unavailable", "internal"],
};
const WITH_IDEMPOTENCY_KEY: readonly ProblemCode[] = ["idempotency_key_reused", "request_in_progress"];
const WITH_INPUT: readonly ProblemCode[] = ["invalid_request", "nul_character"];
const WITH_BODY: readonly ProblemCode[] = [
  "malformed_json",
  "body_too_large",
  "unsupported_media_type",
  "json_too_deep",
  "lone_surrogate",
];
/** What may come back from every operation whose path names one of these. */
const WITH_NAMED: Readonly<Record<string, readonly ProblemCode[]>> = {
  project: ["project_not_found"],
  task: ["task_not_found", "task_ambiguous"],
  session: ["session_not_found"],
  server: ["server_not_found"],
  intervention: ["intervention_not_found", "intervention_ambiguous"],
};

const SECURITY: Readonly<Record<Door, Record<string, string[]>[]>> = {
  public: [],
  people: [{ cookie: [], csrf: [] }, { bearer: [] }],
  daemons: [{ serverKey: [] }],
  agents: [{ sessionToken: [] }, { serverKey: [] }],
};

const ACCESS: Readonly<Record<Access, string>> = {
  anyone: "Anybody may call it",
  signed_in: "Whoever has signed in",
  person: "People who have signed in; not the machine's own token",
  sign_in: "People with a sign-in of their own; no token will do",
  viewer: "Viewers of the project and up",
  member: "Members of the project and up",
  owner: "Owners of the project, and admins",
  admin: "Admins of the hub",
  server: "Servers, with their key",
  worker: "Every session, with its token",
  orchestrator: "Sessions with the role of an orchestrator",
};

const PROBLEM_SCHEMA = {
  type: "object",
  description: "RFC 9457. A code may bring members of its own.",
  required: ["type", "title", "status", "detail"],
  properties: {
    type: { type: "string", description: "urn:orchestratia:problem:<code>" },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string", description: "A plain sentence" },
    instance: { type: "string" },
  },
};

/** Serves the OpenAPI 3.1 document of everything that `serve` registered after this, and a page to read it. */
export async function openApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Orchestratia hub",
        version: "1",
        description:
          "Everything that people, agents and daemons can ask of a hub. Errors are RFC 9457 problems with a stable code.",
        contact: { name: "The maintainers of Orchestratia" },
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      servers: [{ url: "/", description: "The hub that serves this document" }],
      tags: [...new Set(operations.map(({ tag }) => tag))].toSorted().map((name) => ({ name })),
      components: {
        schemas: { Problem: PROBLEM_SCHEMA as object },
        securitySchemes: {
          cookie: {
            type: "apiKey",
            in: "cookie",
            name: "orc_<instance id>",
            description: "Set when a person signs in",
          },
          csrf: { type: "apiKey", in: "header", name: "X-CSRF-Token", description: "With the cookie, on writes" },
          bearer: { type: "http", scheme: "bearer", description: "A sign-in's JWT or an access token (orct_…)" },
          serverKey: { type: "apiKey", in: "header", name: "X-API-Key", description: "A server's key (orc_…)" },
          sessionToken: { type: "apiKey", in: "header", name: "X-API-Key", description: "A session's token (orcs_…)" },
        },
      },
    },
    hideUntagged: true,
    transform: (document) => {
      const { operation } = document.route.config ?? {};
      const { schema, url } = jsonSchemaTransform(document as Parameters<typeof jsonSchemaTransform>[0]);
      return { url, schema: operation ? described(operation, schema as Record<string, unknown>) : schema };
    },
    transformObject: (document) =>
      finished(
        jsonSchemaTransformObject(document as Parameters<typeof jsonSchemaTransformObject>[0]) as Document,
      ) as never,
  });
  await app.register(swaggerUi, { routePrefix: "/api/docs", staticCSP: false });
  app.get("/api/openapi.json", { schema: { hide: true } }, () => app.swagger());
}

const SENT_ON = {
  description: "Sends the browser on; what goes wrong is told to the page it comes to",
  headers: { Location: { schema: { type: "string" } } },
};

function described(operation: Operation, schema: Record<string, unknown>) {
  const { [operation.status]: success } = schema.response as Record<number, unknown>;
  return {
    ...schema,
    operationId: operation.id,
    summary: operation.summary,
    description: `${operation.summary}. ${ACCESS[operation.access]}.`,
    security: SECURITY[operation.door],
    response: operation.redirects
      ? { [operation.status]: SENT_ON }
      : {
          [operation.status]: {
            description: "Done",
            content: operation.streams
              ? { [operation.streams]: { schema: success } }
              : {
                  "application/json": { schema: success, example: exampleOf(operation.response, "output") },
                  ...(operation.lines && { "application/x-ndjson": { schema: namedSchema(operation.lines) } }),
                },
          },
          ...problemResponses(problemsOf(operation)),
        },
  };
}

/** What the components of the document have under the schema's own name. */
const namedSchema = (schema: z.ZodType) => ({ $ref: `#/components/schemas/${schema.meta()?.id}` });

/** Every problem that the operation may answer with. */
export function problemsOf(operation: Operation): ProblemCode[] {
  const { door, path, params, query, body, problems: own } = operation;
  const named = Object.entries(WITH_NAMED).filter(([name]) => path.split("/").includes(`:${name}`));
  const codes = new Set<ProblemCode>([...own, ...COMMON[door], ...named.flatMap(([, codes]) => codes)]);
  if (params || query || body) for (const code of WITH_INPUT) codes.add(code);
  if (body) for (const code of WITH_BODY) codes.add(code);
  if (takesIdempotencyKey(operation)) {
    for (const code of WITH_IDEMPOTENCY_KEY) codes.add(code);
    if (operation.answersSecret) codes.add("answer_not_kept");
  }
  return [...codes];
}

const takesIdempotencyKey = ({ method, door }: Operation): boolean => method === "POST" && door !== "public";

function problemResponses(codes: readonly ProblemCode[]): Record<string, unknown> {
  const responses: Record<string, { description: string; content: object }> = {};
  for (const code of codes) {
    const { status, title } = problems[code];
    const line = `\`${code}\` ${title}`;
    const before = responses[status];
    responses[status] = {
      description: before ? `${before.description}\n\n${line}` : line,
      content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
    };
  }
  return responses;
}

interface Document {
  paths: Record<string, Record<string, { operationId: string; requestBody?: { content: Record<string, object> } }>>;
  components: { schemas: Record<string, unknown> };
}

/** Gives each body its example and leaves out the schemas that nothing refers to. */
function finished(document: Document): Document {
  const bodies = new Map(operations.map(({ id, body }) => [id, body]));
  for (const { operationId, requestBody } of Object.values(document.paths).flatMap((path) => Object.values(path))) {
    const body = bodies.get(operationId);
    const json = requestBody?.content["application/json"];
    if (body && json) Object.assign(json, { example: exampleOf(body, "input") });
  }
  const { schemas } = document.components;
  for (let unused = unreferenced(document); unused.length > 0; unused = unreferenced(document)) {
    for (const name of unused) delete schemas[name];
  }
  return document;
}

function unreferenced(document: Document): string[] {
  const text = JSON.stringify(document);
  return Object.keys(document.components.schemas).filter((name) => !text.includes(`"#/components/schemas/${name}"`));
}
