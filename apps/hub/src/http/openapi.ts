import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { Door, Operation } from "@orchestratia/protocol/operation";
import { type ProblemCode, problems } from "@orchestratia/protocol/problems";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";

/** What may come back from any operation behind the door. */
const COMMON: Readonly<Record<Door, readonly ProblemCode[]>> = {
  public: ["too_many_requests", "shutting_down", "database_unavailable", "internal"],
  people: ["unauthenticated", "csrf_failed", "too_many_requests", "shutting_down", "database_unavailable", "internal"],
  daemons: ["unauthenticated", "forbidden", "too_many_requests", "shutting_down", "database_unavailable", "internal"],
  agents: ["unauthenticated", "forbidden", "too_many_requests", "shutting_down", "database_unavailable", "internal"],
};
const WITH_INPUT: readonly ProblemCode[] = ["invalid_request", "nul_character"];
const WITH_BODY: readonly ProblemCode[] = ["malformed_json", "body_too_large", "unsupported_media_type"];

const SECURITY: Readonly<Record<Door, Record<string, string[]>[]>> = {
  public: [],
  people: [{ cookie: [], csrf: [] }, { bearer: [] }],
  daemons: [{ serverKey: [] }],
  agents: [{ sessionToken: [] }, { serverKey: [] }],
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
      info: { title: "Orchestratia hub", version: "1", license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
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
    transformObject: jsonSchemaTransformObject as never,
  });
  await app.register(swaggerUi, { routePrefix: "/api/docs", staticCSP: false });
  app.get("/api/openapi.json", { schema: { hide: true } }, () => app.swagger());
}

function described(operation: Operation, schema: Record<string, unknown>) {
  const { [operation.status]: success } = schema.response as Record<number, unknown>;
  return {
    ...schema,
    operationId: operation.id,
    summary: operation.summary,
    security: SECURITY[operation.door],
    response: {
      [operation.status]: { description: "Done", content: { "application/json": { schema: success } } },
      ...problemResponses(problemsOf(operation)),
    },
  };
}

function problemsOf({ door, params, query, body, problems: own }: Operation): ProblemCode[] {
  const codes = new Set<ProblemCode>([...own, ...COMMON[door]]);
  if (params || query || body) for (const code of WITH_INPUT) codes.add(code);
  if (body) for (const code of WITH_BODY) codes.add(code);
  return [...codes];
}

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
