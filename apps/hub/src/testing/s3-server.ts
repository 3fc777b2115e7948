import { createHash, createHmac } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

export interface S3Server extends AsyncDisposable {
  endpoint: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** By key, as stored. */
  objects: Map<string, Buffer>;
  /** How many of the next requests are answered 503. */
  refusing: number;
}

const sha256 = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Buffer, data: string): Buffer => createHmac("sha256", key).update(data).digest();
/** As AWS wants it: everything but letters, digits and `-._~`. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
const escapeXml = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/'/g, "&apos;");

/** One bucket that speaks S3's protocol: path addresses, version 4 signatures that are checked, lists in pages of two. */
export async function startS3Server(): Promise<S3Server> {
  const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
  const bucket = "recordings";
  const objects = new Map<string, Buffer>();

  const server = createServer(async (request, response) => {
    const answer = (status: number, body: string | Buffer = "") => void response.writeHead(status).end(body);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    if (s3.refusing > 0) {
      s3.refusing -= 1;
      return answer(503, "<Error><Code>SlowDown</Code></Error>");
    }
    if (!isSigned(request, body, credentials)) return answer(403, "<Error><Code>SignatureDoesNotMatch</Code></Error>");
    const url = new URL(request.url ?? "/", "http://s3");
    const [, inBucket = "", ...path] = url.pathname.split("/").map(decodeURIComponent);
    if (inBucket !== bucket) return answer(404, "<Error><Code>NoSuchBucket</Code></Error>");
    const key = path.join("/");
    if (key === "" && url.searchParams.get("list-type") === "2") return answer(200, list(objects, url.searchParams));
    if (request.method === "PUT") {
      objects.set(key, body);
      return answer(200);
    }
    if (request.method === "DELETE") {
      objects.delete(key);
      return answer(204);
    }
    const found = objects.get(key);
    return found ? answer(200, found) : answer(404, "<Error><Code>NoSuchKey</Code></Error>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const s3: S3Server = {
    endpoint: `http://127.0.0.1:${port}`,
    bucket,
    ...credentials,
    objects,
    refusing: 0,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return s3;
}

/** Of every object. */
export const LAST_MODIFIED = "2026-01-02T03:04:05.000Z";

function list(objects: Map<string, Buffer>, query: URLSearchParams): string {
  const prefix = query.get("prefix") ?? "";
  const after = query.get("continuation-token") ?? "";
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
  const page = keys.slice(0, 2);
  const contents = page
    .map((key) => `<Contents><Key>${escapeXml(key)}</Key><LastModified>${LAST_MODIFIED}</LastModified></Contents>`)
    .join("");
  const last = page.at(-1);
  const isCut = keys.length > page.length && last !== undefined;
  const token = isCut ? `<NextContinuationToken>${escapeXml(last)}</NextContinuationToken>` : "";
  return `<?xml version="1.0"?><ListBucketResult><IsTruncated>${isCut}</IsTruncated>${contents}${token}</ListBucketResult>`;
}

/** Whether the request carries the signature that its own words give, made anew from the description of the algorithm. */
function isSigned(
  request: IncomingMessage,
  body: Buffer,
  { accessKeyId, secretAccessKey }: { accessKeyId: string; secretAccessKey: string },
): boolean {
  const form =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8}\/[^/]+\/s3\/aws4_request), SignedHeaders=([^,]+), Signature=(\w+)$/;
  const [, id, scope = "", signed = "", signature] = form.exec(request.headers.authorization ?? "") ?? [];
  const hash = request.headers["x-amz-content-sha256"];
  if (id !== accessKeyId || (hash !== "UNSIGNED-PAYLOAD" && hash !== sha256(body))) return false;
  const url = new URL(request.url ?? "/", "http://s3");
  const query = [...url.searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`).sort();
  const path = url.pathname.split("/").map((part) => encode(decodeURIComponent(part)));
  const headers = signed.split(";").map((name) => `${name}:${String(request.headers[name]).trim()}\n`);
  const canonical = [request.method, path.join("/"), query.join("&"), headers.join(""), signed, hash].join("\n");
  const text = ["AWS4-HMAC-SHA256", request.headers["x-amz-date"], scope, sha256(canonical)].join("\n");
  const key = scope.split("/").reduce<string | Buffer>((from, part) => hmac(from, part), `AWS4${secretAccessKey}`);
  return hmac(key, text).toString("hex") === signature;
}
