import { joinByInvitation } from "@orchestratia/protocol/operations/invitations";
import { Problem, type ProblemCode } from "@orchestratia/protocol/problems";
import type { FastifyRequest } from "fastify";
import type { Denial } from "../access/denial.ts";
import { operationOf } from "./serve.ts";

const DENIALS: readonly ProblemCode[] = [
  "forbidden",
  "human_only",
  "csrf_failed",
  "wrong_password",
  "token_invalid",
  "token_used",
  "token_expired",
];

/** What an error says about somebody who was not let in; undefined for every other error. */
export function denialOf(request: FastifyRequest, error: unknown): Denial | undefined {
  if (!(error instanceof Problem)) return undefined;
  if (error.code === "host_not_allowed") return foreignHost(request);
  const operation = operationOf(request);
  if (!operation) return undefined;
  // A sign-in that ran out is no knock; a key that is wrong is one.
  const isWrongKey = error.code === "unauthenticated" && bringsKey(request);
  const { project: asked } = request.params as { project?: string };
  // A project that nobody named is one that the hub looked for itself.
  const isForeign = error.code === "project_not_found" && asked !== undefined;
  // Whoever joins brings the link's token; elsewhere somebody who may see invitations names one.
  const isWrongLink = error.code === "invitation_not_found" && operation.id === joinByInvitation.id;
  if (!isWrongKey && !isForeign && !isWrongLink && !DENIALS.includes(error.code)) return undefined;
  return {
    operation: operation.id,
    problem: error.code,
    caller: request.identity?.caller,
    address: request.ip,
    projectId: request.project?.id ?? null,
    asked: request.project ? undefined : asked,
  };
}

/** Pages are refused as well as operations. */
const foreignHost = (request: FastifyRequest): Denial => ({
  operation: operationOf(request)?.id ?? request.routeOptions.url ?? "not_found",
  problem: "host_not_allowed",
  caller: undefined,
  address: request.ip,
  projectId: null,
  asked: request.hostname,
});

const bringsKey = ({ headers }: FastifyRequest): boolean =>
  headers["x-api-key"] !== undefined || headers.authorization !== undefined;
