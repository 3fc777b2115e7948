import { Problem } from "@orchestratia/protocol/problems";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { actorOf } from "../access/caller.ts";
import { operationOf } from "./serve.ts";

/** Fastify's own refusals, by its codes. */
const FASTIFY_PROBLEMS: Readonly<Record<string, () => Problem>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () => new Problem("body_too_large"),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => new Problem("unsupported_media_type", "Send the body as application/json."),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    new Problem("malformed_json", "The body is not as long as Content-Length says."),
  FST_ERR_CTP_INVALID_JSON_BODY: () => new Problem("malformed_json", "The body is not JSON."),
  FST_ERR_BAD_URL: () => new Problem("not_found", "The address is not encoded rightly."),
};

/** Connection errors of Postgres and of its driver, and what Prisma makes of them. */
const DATABASE_GONE = /^(ECONNREFUSED|ECONNRESET|ENOENT|ETIMEDOUT|EPIPE|08...|53300|57P0[123]|P100[128]|P1017|P2024)$/;
/** What the driver says, without a code, of a connection that broke while a query ran on it, or before the next one did. */
const CONNECTION_BROKE = /^(Connection terminated|Client has encountered a connection error|Client was closed)/;

/** Makes every error an `application/problem+json` document and logs it exactly once. */
export function answerProblem(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = noteProblem(error, request);
  if (problem.code === "too_many_requests") void reply.header("retry-after", String(problem.members.retry_after ?? 1));
  if (problem.code === "shutting_down") void reply.header("connection", "close");
  return reply
    .code(problem.status)
    .type("application/problem+json")
    .header("cache-control", "no-store")
    .send(JSON.stringify(problem.toDocument(pathOf(request))));
}

/** What an error says to whoever asked. Logs it: to be called once for each. */
export function noteProblem(error: FastifyError | Error, request: FastifyRequest): Problem {
  const problem = problemOf(error);
  logOnce(error, problem, request);
  return problem;
}

/** Unknown addresses of the hub's own. */
export function answerNotFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return answerProblem(
    new Problem("not_found", `There is nothing at ${request.method} ${pathOf(request)}.`),
    request,
    reply,
  );
}

function problemOf(error: FastifyError | Error): Problem {
  if (error instanceof Problem) return error;
  const { code = "", statusCode = 500 } = error as Partial<FastifyError>;
  const known = FASTIFY_PROBLEMS[code];
  if (known) return known();
  if (isDatabaseGone(error))
    return new Problem("database_unavailable", "The database does not answer. Try again in a moment.");
  if (statusCode >= 400 && statusCode < 500) return new Problem("invalid_request", error.message);
  return new Problem("internal", "Something broke on our side. The hub's log says more.");
}

function isDatabaseGone(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, cause } = error as Error & { code?: unknown };
  if (typeof code === "string" && DATABASE_GONE.test(code)) return true;
  if (CONNECTION_BROKE.test(error.message)) return true;
  return cause !== undefined && isDatabaseGone(cause);
}

function logOnce(error: Error, { code, status, detail }: Problem, request: FastifyRequest): void {
  const about = {
    code,
    status,
    method: request.method,
    path: pathOf(request),
    operation: operationOf(request)?.id,
    caller: request.identity ? actorOf(request.identity.caller) : null,
    address: request.ip,
  };
  if (code === "internal") request.log.error({ ...about, err: error }, "a request failed");
  else if (code === "database_unavailable") request.log.warn({ ...about, err: error }, "the database does not answer");
  else request.log.info({ ...about, detail }, "refused");
}

/** Without the query, which may hold what is nobody's business. */
const pathOf = (request: FastifyRequest): string => (request.raw.url ?? "").split("?", 1)[0] ?? "";
