import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { readOrMakePrivateFile } from "../users/private-file.ts";
import { SecretBox, type SecretKey } from "./secret-box.ts";

const FILE = "secret-keys.json";
const KEY_BYTES = 32;

const KeyId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "must be letters, digits, _ and -, at most 64");
const Key = z
  .base64url({ error: "must be base64url" })
  .transform((text) => Buffer.from(text, "base64url"))
  .refine((key) => key.length === KEY_BYTES, `must be ${KEY_BYTES} bytes`);
const Keys = z
  .array(z.object({ id: KeyId, key: Key }))
  .min(1, "must hold a key")
  .refine((keys) => new Set(keys.map(({ id }) => id)).size === keys.length, "must not name two keys the same");

/** The keys cannot be used as they are given; `message` says where and why, and quotes none. */
export class SecretKeysError extends Error {
  override readonly name = "SecretKeysError";
}

/**
 * Seals with the keys that `given` lists (`<id>:<base64url of 32 bytes>`, comma-separated), else with those of
 * `secret-keys.json` (0600) in the home, which is made when it is not there. Throws SecretKeysError.
 */
export async function openSecretBox(home: string, given: string | undefined): Promise<SecretBox> {
  if (given !== undefined) return new SecretBox(keysOf(given.split(",").map(pairOf), "ORCHESTRATIA_SECRET_KEYS"));
  await mkdir(home, { recursive: true });
  const file = path.join(home, FILE);
  const content = await readOrMakePrivateFile(file, () => `${JSON.stringify([newKey()], null, 2)}\n`);
  return new SecretBox(keysOf(jsonOf(content, file), file));
}

const newKey = () => ({ id: randomBytes(4).toString("hex"), key: randomBytes(KEY_BYTES).toString("base64url") });

function pairOf(text: string): { id: string; key: string } {
  const [id = "", key = ""] = text.trim().split(":", 2);
  return { id, key };
}

function jsonOf(content: string, file: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    // The parser's message would quote a part of the file.
    throw new SecretKeysError(`${file} is not JSON.`);
  }
}

function keysOf(value: unknown, place: string): SecretKey[] {
  const { data, error } = Keys.safeParse(value);
  if (data) return data;
  const lines = error.issues.map(({ path, message }) => `  ${path.join(".")}: ${message}`);
  throw new SecretKeysError(`The secret keys in ${place} are not right:\n${lines.join("\n")}`);
}
