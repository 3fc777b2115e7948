import type { Sql } from "../db/transaction.ts";

/** One request of one caller, by the key that it brought. */
export interface KeyedRequest {
  caller: string;
  key: string;
  operation: string;
  hash: string;
}

/** What is known of a key that was seen before. */
export interface KeptAnswer {
  operation: string;
  request_hash: string;
  /** Null as long as the request is not answered. */
  status: number | null;
  etag: string | null;
  /** Null for an answer that is not kept. */
  body: string | null;
}

/** So long a key stands for one request, answered or not. */
export const KEPT_HOURS = 24;
const KEPT = `interval '${KEPT_HOURS} hours'`;

const CLAIM = {
  name: "claim_idempotency_key",
  text: `insert into hub.idempotency_keys as k (caller, key, operation, request_hash, expires_at)
    values ($1, $2, $3, $4, now() + ${KEPT})
    on conflict (caller, key) do update set operation = excluded.operation, request_hash = excluded.request_hash,
      status = null, etag = null, body = null, expires_at = excluded.expires_at
    where k.expires_at <= now()
    returning key`,
};
const FIND = {
  name: "find_idempotency_key",
  text: `select operation, request_hash, status, etag, body from hub.idempotency_keys where caller = $1 and key = $2`,
};
const ANSWER = {
  name: "answer_idempotency_key",
  text: `insert into hub.idempotency_keys (caller, key, operation, request_hash, status, etag, body, expires_at)
    values ($1, $2, $3, $4, $5, $6, $7, now() + ${KEPT})
    on conflict (caller, key) do update set status = excluded.status, etag = excluded.etag, body = excluded.body,
      expires_at = excluded.expires_at`,
};
const RELEASE = {
  name: "release_idempotency_key",
  text: "delete from hub.idempotency_keys where caller = $1 and key = $2 and status is null",
};

/** Undefined when the key is the caller's now: the request has not been begun before. */
export async function claimKey(
  sql: Sql,
  { caller, key, operation, hash }: KeyedRequest,
): Promise<KeptAnswer | undefined> {
  const claimed = await sql.query(CLAIM, [caller, key, operation, hash]);
  if (claimed.length > 0) return undefined;
  const [kept] = await sql.query<KeptAnswer>(FIND, [caller, key]);
  // It was released or removed in between.
  return kept ?? claimKey(sql, { caller, key, operation, hash });
}

export async function keepAnswer(
  sql: Sql,
  { caller, key, operation, hash }: KeyedRequest,
  { status, etag, body }: Pick<KeptAnswer, "status" | "etag" | "body">,
): Promise<void> {
  await sql.query(ANSWER, [caller, key, operation, hash, status, etag, body]);
}

/** The request did nothing: the same key may try again. */
export async function releaseKey(sql: Sql, { caller, key }: KeyedRequest): Promise<void> {
  await sql.query(RELEASE, [caller, key]);
}

const EXPIRE = `delete from hub.idempotency_keys where (caller, key) in
  (select caller, key from hub.idempotency_keys where expires_at <= now() limit $1 for update skip locked) returning key`;
const BATCH = 1_000;

export async function removeExpiredKeys(sql: Sql): Promise<void> {
  while ((await sql.query(EXPIRE, [BATCH])).length === BATCH);
}

/** Milliseconds until the next one expires; undefined when there is none. */
export async function untilNextKeyExpires(sql: Sql): Promise<number | undefined> {
  const [row] = await sql.query<{ ms: number | null }>(
    "select (extract(epoch from min(expires_at) - now()) * 1000)::float8 as ms from hub.idempotency_keys",
  );
  return row?.ms ?? undefined;
}
