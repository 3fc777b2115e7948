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

  async function ask(url: string, init: RequestInit = {}): Promise<Response> {
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(TIMEOUT_MS)]);
    const response = await client.fetch(url, { ...init, signal });
    if (response.ok || response.status === 404) return response;
    const said = (await response.text()).slice(0, 500);
    throw new Error(`${init.method ?? "GET"} ${new URL(url).pathname}: the store answered ${response.status}: ${said}`);
  }

  return {
    async put(key, bytes) {
      const response = await ask(urlOf(key), { method: "PUT", body: bytes as Uint8Array<ArrayBuffer> });
      if (!response.ok) throw new Error(`the bucket ${bucket} is not there`);
      await response.arrayBuffer();
    },
    async get(key) {
      const response = await ask(urlOf(key));
      const bytes = new Uint8Array(await response.arrayBuffer());
      return response.ok ? bytes : undefined;
    },
    async *list(begin) {
      for (let token: string | undefined; ; ) {
        const query = new URLSearchParams({ "list-type": "2", prefix: `${prefix}${begin}` });
        if (token !== undefined) query.set("continuation-token", token);
        const response = await ask(`${base}?${query}`);
        if (!response.ok) throw new Error(`the bucket ${bucket} is not there`);
        const page = await response.text();
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
        const answers = await Promise.all(some.map((key) => ask(urlOf(key), { method: "DELETE" })));
        await Promise.all(answers.map((answer) => answer.arrayBuffer()));
      }
    },
  };
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** What all elements of this name hold: S3's lists are that plain. */
const readAll = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, "gs"))].map(([, inner = ""]) => inner);

/** The text of the first element of this name; empty when there is none. */
const text = (xml: string, name: string): string =>
  (readAll(xml, name)[0] ?? "").replace(/&(\w+);/g, (entity, word: string) => ENTITIES[word] ?? entity);
