import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import cookie from "@fastify/cookie";
import helmet from "@fastify/helmet";
import { Problem } from "@orchestratia/protocol/problems";
import { type FastifyInstance, fastify, LogController } from "fastify";
import type { Logger } from "pino";
import type { AccessibleProject } from "../access/accessible-project.ts";
import type { Caller } from "../access/caller.ts";
import type { Denial } from "../access/denial.ts";
import type { Config } from "../config.ts";
import type { Sql } from "../db/transaction.ts";
import { registerWebSockets } from "../sockets/web-sockets.ts";
import { mustBeAllowed } from "./admission.ts";
import { dashboardProxy } from "./dashboard-proxy.ts";
import { denialOf } from "./denial-of.ts";
import { healthRoutes, type Readiness } from "./health.ts";
import { answerRepeatedPosts } from "./idempotency.ts";
import { readJsonBodies, refuseNulInUrl } from "./json-body.ts";
import { openApi } from "./openapi.ts";
import { refuseForeignHosts } from "./own-host.ts";
import { answerNotFound, answerProblem } from "./problem-details.ts";
import { requestLimits } from "./request-limits.ts";
import { serializerCompiler, validatorCompiler } from "./schema-compilers.ts";
import { operationOf } from "./serve.ts";
import type { SignIn } from "./sign-in.ts";
import { countVisits } from "./visits.ts";

export interface ServerParts {
  config: Pick<Config, "host" | "trustProxy" | "dashboardUrl" | "publicUrl" | "requestRates">;
  log: Logger;
  /** The project with this id or key, as far as the caller may see it; throws project_not_found. */
  findProject: (caller: Caller, ref: string) => Promise<AccessibleProject>;
  publicUrl: () => string;
  /** Somebody was not let in; does not throw. */
  onDenied: (denial: Denial) => Promise<void>;
  sql: Sql;
  signIn: SignIn;
  readiness: Readiness;
  /** True from the moment the hub was told to stop: requests under way are finished, new ones refused. */
  isStopping: () => boolean;
  /** Registers the operations and sockets. */
  routes: (app: FastifyInstance) => void;
}

const BODY_LIMIT_BYTES = 1024 * 1024;
/** A request that takes longer to arrive is broken off. */
const REQUEST_TIMEOUT_MS = 120_000;

/** What is never the dashboard's. */
const OWN_PREFIXES = ["/api", "/api/*", "/ws", "/ws/*", "/mcp", "/mcp/*", "/metrics"];

export async function buildServer(parts: ServerParts): Promise<FastifyInstance> {
  const { config, signIn } = parts;
  const app = fastify({
    loggerInstance: parts.log,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: trusted(config.trustProxy),
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    genReqId: () => randomUUID(),
    forceCloseConnections: "idle",
    return503OnClosing: false,
    frameworkErrors: answerProblem,
    clientErrorHandler: answerNoHttp,
  }) as unknown as FastifyInstance;
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(answerProblem);
  app.setNotFoundHandler(answerNotFound);
  readJsonBodies(app);
  await app.register(helmet, securityHeaders(config.publicUrl?.startsWith("https:") ?? false));
  await app.register(cookie);
  await registerWebSockets(app);
  const limits = await requestLimits(app, config.requestRates);

  refuseForeignHosts(app, { publicUrl: parts.publicUrl, listensOn: config.host });
  countVisits(app, { limits, onDenied: parts.onDenied });
  app.decorateRequest("identity", null);
  app.decorateRequest("project", null);
  app.addHook("onRequest", async (request, reply) => {
    void reply.header("x-request-id", request.id);
    const operation = operationOf(request);
    if (operation === undefined) return;
    if (parts.isStopping()) throw new Problem("shutting_down", "The hub is stopping. Try again in a moment.");
    void reply.header("cache-control", "no-store");
    refuseNulInUrl(request);
    await signIn.admit(request, operation.door, limits);
    if (!request.identity) return;
    const { project = operation.project } = request.params as { project?: string };
    if (project !== undefined) request.project = await parts.findProject(request.identity.caller, project);
    mustBeAllowed(operation, request.identity, request.project);
  });

  app.addHook("onError", async (request, _reply, error) => {
    const denial = denialOf(request, error);
    if (denial) await parts.onDenied(denial);
  });
  answerRepeatedPosts(app, parts.sql);
  await openApi(app);
  healthRoutes(app, parts.readiness);
  parts.routes(app);
  for (const url of OWN_PREFIXES) app.all(url, { schema: { hide: true } }, answerNotFound);
  if (config.dashboardUrl !== undefined) await dashboardProxy(app, config.dashboardUrl);
  return app;
}

const trusted = (trustProxy: Config["trustProxy"]) =>
  typeof trustProxy === "number" ? (_address: string, hop: number) => hop < trustProxy : trustProxy;

/** Next needs inline scripts and styles; everything else comes from the hub itself. */
const securityHeaders = (https: boolean) => ({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      scriptSrc: ["'self'", "'unsafe-inline'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", "data:", "blob:"],
      fontSrc: ["'self'", "data:"],
      connectSrc: ["'self'"],
      workerSrc: ["'self'", "blob:"],
      objectSrc: ["'none'"],
      baseUri: ["'self'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
  },
  hsts: https,
});

/** Answers what is no HTTP at all; no request exists that could be logged or answered in the usual way. */
function answerNoHttp(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify({
    type: "about:blank",
    title: "Bad Request",
    status: 400,
    detail: "This is not HTTP that the hub understands.",
  });
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
