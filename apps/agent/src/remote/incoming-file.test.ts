import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { IncomingFile, removePartials } from "./incoming-file.ts";

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "orc-incoming-")), "transfers");
});
afterEach(() => rmSync(join(folder, ".."), { recursive: true }));

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const offerOf = (text: string, filename = "notes.txt") => ({
  filename,
  file_size: Buffer.byteLength(text),
  sha256: sha256(text),
});

/** Takes a whole file in pieces of three bytes; answers the name it got. */
async function take(text: string, offer = offerOf(text)): Promise<string | undefined> {
  await using file = await IncomingFile.open(folder, offer);
  const bytes = Buffer.from(text);
  for (let index = 0; index * 3 < bytes.length; index += 1) file.add(index, bytes.subarray(index * 3, index * 3 + 3));
  const path = await file.finish();
  return path && basename(path);
}

test("a file comes whole into a private folder, and a second of its name replaces nothing", async () => {
  expect(await take("hello")).toBe("notes.txt");
  expect(await take("other")).toBe("notes-2.txt");
  expect(await take("")).toBe("notes-3.txt");
  expect(readdirSync(folder).sort()).toEqual(["notes-2.txt", "notes-3.txt", "notes.txt"]);
  expect(readFileSync(join(folder, "notes.txt"), "utf8")).toBe("hello");
  expect(readFileSync(join(folder, "notes-2.txt"), "utf8")).toBe("other");
  expect([statSync(folder).mode & 0o777, statSync(join(folder, "notes.txt")).mode & 0o777]).toEqual([0o700, 0o600]);
});

test("bytes that are not the announced ones leave nothing behind", async () => {
  expect(await take("hello", { ...offerOf("hello"), sha256: sha256("other") })).toBeUndefined();
  expect(readdirSync(folder)).toEqual([]);
});

test("a file that is shorter, longer or has a gap leaves nothing behind", async () => {
  await expect(take("hello", { ...offerOf("hello"), file_size: 6 })).rejects.toThrow("shorter");
  await expect(take("hello", { ...offerOf("hello"), file_size: 4 })).rejects.toThrow("larger");
  await expect(
    (async () => {
      await using file = await IncomingFile.open(folder, offerOf("hello"));
      file.add(1, Buffer.from("lo"));
    })(),
  ).rejects.toThrow("Piece 0 of the file is missing.");
  expect(readdirSync(folder)).toEqual([]);
});

test.each(["../a", "a/b", "..", ".", "", ".profile", "a\\b", "a\0b", "a".repeat(241)])(
  "the name %j is not taken",
  async (name) => {
    await expect(take("hello", offerOf("hello", name))).rejects.toThrow("not a plain name");
  },
);

test("what a killed daemon had not finished is removed, and nothing else", async () => {
  await take("hello");
  writeFileSync(join(folder, ".6f2f6a52-6f3c-4c7e-9c1e-0d8c7f4f4a11.part"), "half");
  writeFileSync(join(folder, "a.part"), "whole");
  removePartials(folder);
  expect(readdirSync(folder).sort()).toEqual(["a.part", "notes.txt"]);
  expect(() => removePartials(join(folder, "none"))).not.toThrow();
});
