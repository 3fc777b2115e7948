import { AwsClient } from "aws4fetch";
import type { SegmentStore } from "./segment-store.ts";

export interface S3Settings {
  /** Such as `https://s3.eu-central-1.amazonaws.com` or `http://minio:9000`. */
  endpoint: string;
  region: string;
  bucket: string;
  /** Before every key, such as `orchestratia/`; may be empty. */
  prefix: string;
  accessKeyId: string;
  secretAccessKey: string;
}

const RETRIES = 3;
const TIMEOUT_MS = 30_000;
const REMOVED_AT_ONCE = 8;

/**
 * Keeps segments in a bucket of Amazon S3 or of what speaks its protocol, addressed by path. What is under way fails when
 * `stopping` is aborted: a store that does not answer would hold the hub up for half a minute.
 */
export function s3Store(settings: S3Settings, stopping: AbortSignal): SegmentStore {
  const { endpoint, region, bucket, prefix, ...credentials } = settings;
  const client = new AwsClient({ ...credentials, region, service: "s3", retries: RETRIES });
  const base = `${endpoint.replace(/\/+$/, "")}/${encodeURIComponent(bucket)}`;
  const urlOf = (key: string) => `${base}/${`${prefix}${key}`.split("/").map(encodeURIComponent).join("/")}`;

  async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
    const { status, bytes } = await withinLimit(stopping, async (signal) => {
      const response = await client.fetch(url, { ...init, signal });
      return { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()) };
    });
    const isFound = status !== 404;
    if (status < 300 || !isFound) return { isFound, bytes };
    const said = Buffer.from(bytes).toString().slice(0, 500);
    throw new Error(`${init.method ?? "GET"} ${new URL(url).pathname}: the store answered ${status}: ${said}`);
  }

  return {
    async put(key, bytes) {
      const { isFound } = await ask(urlOf(key), { method: "PUT", body: bytes as Uint8Array<ArrayBuffer> });
      if (!isFound) throw new Error(`the bucket ${bucket} is not there`);
    },
    async get(key) {
      const { isFound, bytes } = await ask(urlOf(key));
      return isFound ? bytes : undefined;
    },
    async *list(begin) {
      for (let token: string | undefined; ; ) {
        const query = new URLSearchParams({ "list-type": "2", prefix: `${prefix}${begin}` });
        if (token !== undefined) query.set("continuation-token", token);
        const { isFound, bytes } = await ask(`${base}?${query}`);
        if (!isFound) throw new Error(`the bucket ${bucket} is not there`);
        const page = Buffer.from(bytes).toString();
        yield readAll(page, "Contents").map((entry) => ({
          key: text(entry, "Key").slice(prefix.length),
          storedAt: new Date(text(entry, "LastModified")),
        }));
        token = text(page, "NextContinuationToken") || undefined;
        if (token === undefined) return;
      }
    },
    async remove(keys) {
      for (let at = 0; at < keys.length; at += REMOVED_AT_ONCE) {
        const some = keys.slice(at, at + REMOVED_AT_ONCE);
        await Promise.all(some.map((key) => ask(urlOf(key), { method: "DELETE" })));
      }
    },
  };
}

interface Answer {
  isFound: boolean;
  bytes: Uint8Array;
}

/**
 * Rejects when the store takes too long or `stopping` aborts, whatever becomes of the work: fetch holds the signals that it
 * follows only weakly, and one that was collected as garbage ends nothing.
 */
async function withinLimit<T>(stopping: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  stopping.throwIfAborted();
  const limit = new AbortController();
  const stop = () => limit.abort(stopping.reason);
  const timer = setTimeout(() => limit.abort(new Error("the store does not answer")), TIMEOUT_MS);
  stopping.addEventListener("abort", stop);
  try {
    const givenUp = new Promise<never>((_resolve, reject) => {
      limit.signal.addEventListener("abort", () => reject(limit.signal.reason));
    });
    return await Promise.race([work(limit.signal), givenUp]);
  } finally {
    clearTimeout(timer);
    stopping.removeEventListener("abort", stop);
  }
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** What all elements of this name hold: S3's lists are that plain. */
const readAll = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, "gs"))].map(([, inner = ""]) => inner);

/** The text of the first element of this name; empty when there is none. */
const text = (xml: string, name: string): string =>
  (readAll(xml, name)[0] ?? "").replace(/&(\w+);/g, (entity, word: string) => ENTITIES[word] ?? entity);
