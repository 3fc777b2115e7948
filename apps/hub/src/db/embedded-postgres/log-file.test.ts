import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { capLog, readFrom, sizeOf } from "./log-file.ts";

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "orchestratia-log-"));
  file = path.join(folder, "log");
});
afterEach(() => rm(folder, { recursive: true }));

test("a log below its cap is left alone", async () => {
  await writeFile(file, "short");
  await capLog(file, 5);
  expect(await readFile(file, "utf8")).toBe("short");
});

test("a log above its cap starts anew, and the former one is kept beside it", async () => {
  await writeFile(file, "older\n");
  await capLog(file, 5);
  await appendFile(file, "newer\n");
  expect(await readFile(file, "utf8")).toBe("newer\n");
  expect(await readFile(`${file}.1`, "utf8")).toBe("older\n");
});

test("what was written since a moment can be read", async () => {
  expect(await sizeOf(file)).toBe(0);
  await writeFile(file, "before ");
  const size = await sizeOf(file);
  await appendFile(file, "after");
  expect(await readFrom(file, size)).toBe("after");
});
