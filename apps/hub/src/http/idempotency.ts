import { createHash } from "node:crypto";
import type { Operation } from "@orchestratia/protocol/operation";
import { Problem } from "@orchestratia/protocol/problems";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { callerKey } from "../access/caller-key.ts";
import type { Sql } from "../db/transaction.ts";
import { claimKey, type KeptAnswer, type KeyedRequest, keepAnswer, releaseKey } from "./idempotency-keys.ts";
import { operationOf } from "./serve.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Set while a request with an Idempotency-Key is being carried out. */
    claimed: { keyed: KeyedRequest; settled: () => void } | null;
  }
}

const KEY = /^[\x21-\x7e]{1,200}$/;

/**
 * `Idempotency-Key`: a POST that brings one is carried out once at most, and whoever repeats it within a day gets the
 * first answer. The key is claimed before the work begins and the answer kept behind it: when the hub dies in between,
 * nobody can say whether the work was done, so the key answers 409 until it expires rather than do it twice. A refusal
 * (4xx) did nothing and frees the key.
 */
export function answerRepeatedPosts(app: FastifyInstance, sql: Sql): void {
  const underWay = new Map<string, Promise<void>>();
  app.decorateRequest("claimed", null);

  app.addHook("preHandler", async (request, reply) => {
    const operation = operationOf(request);
    const keyed = operation && keyedRequest(request, operation);
    if (!keyed) return;
    const name = `${keyed.caller} ${keyed.key}`;
    while (underWay.has(name)) await underWay.get(name);
    const settled = begin(underWay, name);
    let kept: KeptAnswer | undefined;
    try {
      kept = await claimKey(sql, keyed);
    } catch (error) {
      settled();
      throw error;
    }
    if (kept) {
      settled();
      return replay(reply, keyed, kept);
    }
    request.claimed = { keyed, settled };
  });

  app.addHook("onSend", async (request, reply, payload) => {
    const { claimed } = request;
    if (!claimed) return payload;
    request.claimed = null;
    try {
      await settle(sql, claimed.keyed, request, reply, payload);
    } catch (error) {
      request.log.error({ err: error }, "an answer could not be kept; its Idempotency-Key stays unanswered");
    } finally {
      claimed.settled();
    }
    return payload;
  });
}

/** Whoever repeats the request meanwhile waits until the answered function is called. */
function begin(underWay: Map<string, Promise<void>>, name: string): () => void {
  let settled = () => {};
  underWay.set(
    name,
    new Promise((resolve) => {
      settled = resolve;
    }),
  );
  return () => {
    underWay.delete(name);
    settled();
  };
}

function keyedRequest(request: FastifyRequest, { id, method, door }: Operation): KeyedRequest | undefined {
  const key = request.headers["idempotency-key"];
  if (key === undefined || method !== "POST" || !request.identity || door === "daemons") return undefined;
  if (typeof key !== "string" || !KEY.test(key)) {
    throw new Problem("invalid_request", "An Idempotency-Key is 1 to 200 visible ASCII characters.");
  }
  const { params, query, body } = request;
  const hash = createHash("sha256")
    .update(JSON.stringify([params, query, body]))
    .digest("hex");
  return { caller: callerKey(request.identity.caller), key, operation: id, hash };
}

function replay(reply: FastifyReply, { operation, hash }: KeyedRequest, kept: KeptAnswer): FastifyReply {
  if (kept.operation !== operation || kept.request_hash !== hash) {
    throw new Problem("idempotency_key_reused", "This Idempotency-Key came with another request. Use a new one.");
  }
  if (kept.status === null) {
    throw new Problem(
      "request_in_progress",
      "A request with this Idempotency-Key was begun and never answered: the hub stopped meanwhile. Look whether it was done, and if not, send it with a new key.",
    );
  }
  if (kept.body === null) {
    throw new Problem("answer_not_kept", "This request was carried out; its answer held a secret and was not kept.");
  }
  if (kept.etag !== null) void reply.header("etag", kept.etag);
  return reply
    .code(kept.status)
    .header("idempotency-replayed", "true")
    .type("application/json; charset=utf-8")
    .serializer((text: string) => text)
    .send(kept.body);
}

async function settle(
  sql: Sql,
  keyed: KeyedRequest,
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): Promise<void> {
  const { statusCode: status } = reply;
  if (status >= 500) return;
  if (status >= 400) return releaseKey(sql, keyed);
  const etag = reply.getHeader("etag");
  const body = operationOf(request)?.answersSecret || typeof payload !== "string" ? null : payload;
  await keepAnswer(sql, keyed, { status, etag: etag === undefined ? null : String(etag), body });
}
