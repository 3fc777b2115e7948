import { createHash } from "node:crypto";
import type { Operation } from "@orchestratia/protocol/operation";
import { Problem } from "@orchestratia/protocol/problems";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { callerKey } from "../access/caller-key.ts";
import { isSurelyUndone } from "../db/surely-undone.ts";
import type { Sql } from "../db/transaction.ts";
import {
  claimKey,
  KEPT_HOURS,
  type KeptAnswer,
  type KeyedRequest,
  keepAnswer,
  releaseKey,
} from "./idempotency-keys.ts";
import { operationOf } from "./serve.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Set while a request with an Idempotency-Key is being carried out. */
    claimed: Claimed | null;
  }
}

type Answer = Pick<KeptAnswer, "etag" | "body"> & { status: number };

interface Claimed {
  keyed: KeyedRequest;
  settled: () => void;
  isUndone: boolean;
  /** For an answer that passes Fastify's reply by: what a repeated request gets, as JSON. */
  answered(status: number, body: string): Promise<void>;
  /** The same where nothing was done, and nobody is there any more to be told: the key is free again. */
  undone(): Promise<void>;
}

/** Refusals that say something of the request itself: whoever repeats it gets the same. The others free the key. */
const KEPT_REFUSALS: readonly number[] = [409, 412, 422];
const KEY = /^[\x21-\x7e]{1,200}$/;

/**
 * `Idempotency-Key`: a POST that brings one is carried out once at most, and whoever repeats it within a day gets the
 * first answer, also when that was a refusal which the request itself earned. Any other refusal (4xx) frees the key, and so
 * does a failure (5xx) whose transaction was rolled back or never begun. The key is claimed before the work begins and
 * the answer kept behind it: when the hub dies in between, or the database while it commits, nobody can say whether the
 * work was done, so the key answers 409 until it expires. So does the key of an answer that comes line by line and whose
 * reader left before its end.
 */
export function answerRepeatedPosts(app: FastifyInstance, sql: Sql): void {
  const underWay = new Map<string, Promise<void>>();
  /** Claims to give up that could not be removed, since the database was away. */
  const unreleased = new Set<string>();
  app.decorateRequest("claimed", null);

  app.addHook("preHandler", async (request, reply) => {
    const operation = operationOf(request);
    const keyed = operation && keyedRequest(request, operation);
    if (!keyed) return;
    const name = nameOf(keyed);
    while (underWay.has(name)) await underWay.get(name);
    const settled = begin(underWay, name);
    let kept: KeptAnswer | undefined;
    try {
      if (unreleased.has(name)) await releaseKey(sql, keyed);
      unreleased.delete(name);
      kept = await claimKey(sql, keyed);
    } catch (error) {
      settled();
      throw error;
    }
    if (kept) {
      settled();
      return replay(reply, keyed, kept);
    }
    request.claimed = {
      keyed,
      settled,
      isUndone: false,
      answered(status, body) {
        return settle(request, this, { status, etag: null, body });
      },
      undone() {
        return settle(request, this, undefined);
      },
    };
  });

  const settle = async (request: FastifyRequest, claimed: Claimed, answer: Answer | undefined) => {
    request.claimed = null;
    const { keyed, isUndone, settled } = claimed;
    try {
      if (!answer || freesKey(answer.status, isUndone)) {
        await releaseKey(sql, keyed).catch((error) => {
          releaseLater(unreleased, nameOf(keyed));
          throw error;
        });
      } else if (answer.status < 500) await keepAnswer(sql, keyed, answer);
    } catch (error) {
      request.log.error({ err: error }, "what became of a request with an Idempotency-Key could not be written down");
    } finally {
      settled();
    }
  };

  app.addHook("onError", async (request, _reply, error) => {
    if (request.claimed) request.claimed.isUndone = isSurelyUndone(error);
  });

  app.addHook("onSend", async (request, reply, payload) => {
    const { claimed } = request;
    if (!claimed) return payload;
    await settle(request, claimed, answerOf(request, reply, payload));
    return payload;
  });
}

const nameOf = ({ caller, key }: KeyedRequest): string => `${caller} ${key}`;

const freesKey = (status: number, isUndone: boolean): boolean =>
  status >= 500 ? isUndone : status >= 400 && !KEPT_REFUSALS.includes(status);

/** The next request with the key removes the claim; after its time nobody needs to. */
function releaseLater(unreleased: Set<string>, name: string): void {
  unreleased.add(name);
  setTimeout(() => unreleased.delete(name), KEPT_HOURS * 3_600_000).unref();
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

function keyedRequest(request: FastifyRequest, { id, method }: Operation): KeyedRequest | undefined {
  const key = request.headers["idempotency-key"];
  if (key === undefined || method !== "POST" || !request.identity) return undefined;
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
      "A request with this Idempotency-Key was begun and never answered: it failed midway, or the hub or its database stopped meanwhile. Look whether it was done, and if not, send it with a new key.",
    );
  }
  if (kept.body === null) {
    throw new Problem("answer_not_kept", "This request was carried out; its answer held a secret and was not kept.");
  }
  if (kept.etag !== null) void reply.header("etag", kept.etag);
  return reply
    .code(kept.status)
    .header("idempotency-replayed", "true")
    .type(kept.status >= 400 ? "application/problem+json" : "application/json; charset=utf-8")
    .serializer((text: string) => text)
    .send(kept.body);
}

function answerOf(request: FastifyRequest, reply: FastifyReply, payload: unknown): Answer {
  const { statusCode: status } = reply;
  const etag = reply.getHeader("etag");
  const isSecret = status < 400 && operationOf(request)?.answersSecret;
  const body = isSecret || typeof payload !== "string" ? null : payload;
  return { status, etag: etag === undefined ? null : String(etag), body };
}
