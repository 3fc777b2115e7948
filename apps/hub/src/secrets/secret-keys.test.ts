import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { openSecretBox, SecretKeysError } from "./secret-keys.ts";

const FOR = "a test";
const newKey = () => randomBytes(32).toString("base64url");

const homes: string[] = [];
let home: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), "orchestratia-secrets-"));
  homes.push(home);
});
afterAll(() => Promise.all(homes.map((folder) => rm(folder, { recursive: true }))));

const inFile = () => path.join(home, "secret-keys.json");

test("the first start makes a key in a file that only its owner reads, and later ones keep to it", async () => {
  const sealed = (await openSecretBox(home, undefined)).seal("secret", FOR);
  expect((await stat(inFile())).mode & 0o777).toBe(0o600);
  expect((await openSecretBox(home, undefined)).open(sealed, FOR)).toBe("secret");
});

test("a key that is put first in the file seals from then on, and the one behind it still opens", async () => {
  const sealed = (await openSecretBox(home, undefined)).seal("secret", FOR);
  const keys = JSON.parse(await readFile(inFile(), "utf8"));
  await writeFile(inFile(), JSON.stringify([{ id: "next", key: newKey() }, ...keys]));
  const box = await openSecretBox(home, undefined);
  expect(box.open(sealed, FOR)).toBe("secret");
  expect(box.seal("another", FOR)).toMatch(/^v1\.next\./);
});

test("keys of the environment come instead of the file's, which is not made", async () => {
  const [first, second] = [newKey(), newKey()];
  const sealed = (await openSecretBox(home, `b:${second}`)).seal("secret", FOR);
  const box = await openSecretBox(home, `a:${first}, b:${second}`);
  expect(box.open(sealed, FOR)).toBe("secret");
  expect(box.seal("another", FOR)).toMatch(/^v1\.a\./);
  await expect(stat(inFile())).rejects.toThrow("ENOENT");
});

test.each([
  ["no key at all", ""],
  ["a key without an id", newKey()],
  ["a short key", `a:${randomBytes(16).toString("base64url")}`],
  ["another alphabet", `a:${"+".repeat(43)}`],
  ["an id with other signs", `a.b:${newKey()}`],
  ["one id twice", `a:${newKey()},a:${newKey()}`],
])("the environment with %s is refused, and the refusal quotes no key", async (_, given) => {
  const refused = await openSecretBox(home, given).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(SecretKeysError);
  const { message } = refused as SecretKeysError;
  expect(message).toContain("ORCHESTRATIA_SECRET_KEYS");
  for (const key of given.split(/[:,]/).filter((part) => part.length > 4)) expect(message).not.toContain(key);
});

test("a file that is not what it should be is named, and not replaced", async () => {
  for (const content of ["[", "[]", '{"id":"a"}', '[{"id":"a","key":"AAAA"}]']) {
    await writeFile(inFile(), content);
    await expect(openSecretBox(home, undefined)).rejects.toThrow(inFile());
    expect(await readFile(inFile(), "utf8")).toBe(content);
  }
});
