import { createHash, randomBytes, randomUUID } from "node:crypto";
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { partialName, TakenFile } from "./taken-file.ts";

const place = mkdtempSync(join(tmpdir(), "orc-taken-"));
afterAll(() => rmSync(place, { recursive: true }));
const root = join(place, "session");
const elsewhere = join(place, "elsewhere");
const bytes = randomBytes(100_000);

beforeEach(() => {
  for (const folder of [root, elsewhere]) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
  }
});

function options(path: string, more: Partial<Parameters<typeof TakenFile.open>[0]> = {}) {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const onPiece = () => {};
  return {
    transferId: randomUUID() as string,
    root,
    path,
    secret: [],
    overwrite: false,
    size: bytes.length,
    sha256,
    onPiece,
    ...more,
  };
}

async function take(path: string, more: Parameters<typeof options>[1] = {}): Promise<string> {
  await using file = await TakenFile.open(options(path, more));
  file.add(file.written, bytes.subarray(file.written));
  const arrived = await file.finish();
  await file.removePartial();
  return arrived;
}

test("a whole file stands under its name in its folder, for its user alone, and nothing beside it", async () => {
  mkdirSync(join(root, "data"));
  expect(await take("data/a.bin")).toBe(join(root, "data/a.bin"));
  expect(readFileSync(join(root, "data/a.bin")).equals(bytes)).toBe(true);
  expect(statSync(join(root, "data/a.bin")).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(root, "data"))).toEqual(["a.bin"]);
});

test.each([
  "../a",
  "data/../../a",
  "/etc/a",
  "",
  ".",
  "data/",
  "data//a",
  ".bashrc",
  ".git/hooks/post-checkout",
  "data/.envrc",
  "a\\b",
  "a\nb",
  "a\0b",
  `${"n".repeat(241)}`,
])("the path %j is refused", async (path) => {
  mkdirSync(join(root, "data"));
  await expect(TakenFile.open(options(path))).rejects.toThrow("is no path for a file from elsewhere");
  expect(readdirSync(place).sort()).toEqual(["elsewhere", "session"]);
});

test("a link that leads out is no folder of the session's, one that stays within is", async () => {
  symlinkSync(elsewhere, join(root, "out"));
  symlinkSync("..", join(root, "up"));
  mkdirSync(join(root, "data"));
  symlinkSync("data", join(root, "in"));
  for (const path of ["out/a", "up/a", "up/session/../a", "missing/a"]) {
    await expect(TakenFile.open(options(path)), path).rejects.toThrow();
  }
  expect(await take("in/a.bin")).toBe(join(root, "data/a.bin"));
  expect(readdirSync(elsewhere)).toEqual([]);
});

test("a folder that becomes a link while the file comes does not lead it elsewhere", async () => {
  mkdirSync(join(root, "data"));
  await using file = await TakenFile.open(options("data/a.bin"));
  renameSync(join(root, "data"), join(root, "moved"));
  symlinkSync(elsewhere, join(root, "data"));
  file.add(0, bytes);
  await file.finish().catch(() => undefined);
  await file.removePartial();
  expect(readdirSync(elsewhere)).toEqual([]);
  if (process.platform === "linux") expect(readdirSync(join(root, "moved"))).toEqual(["a.bin"]);
});

test("what is there already is replaced only when that was asked for, also when it came meanwhile", async () => {
  writeFileSync(join(root, "a.bin"), "mine");
  await expect(TakenFile.open(options("a.bin"))).rejects.toThrow("There is a file a.bin");
  await using late = await TakenFile.open(options("b.bin"));
  writeFileSync(join(root, "b.bin"), "mine");
  late.add(0, bytes);
  await expect(late.finish()).rejects.toThrow("There is a file b.bin");
  expect(readFileSync(join(root, "b.bin"), "utf8")).toBe("mine");
  await take("a.bin", { overwrite: true });
  expect(readFileSync(join(root, "a.bin")).equals(bytes)).toBe(true);

  // A link is replaced, and not what it leads to.
  writeFileSync(join(elsewhere, "secret"), "mine");
  symlinkSync(join(elsewhere, "secret"), join(root, "link"));
  await take("link", { overwrite: true });
  expect([readFileSync(join(elsewhere, "secret"), "utf8"), readFileSync(join(root, "link")).length]).toEqual([
    "mine",
    bytes.length,
  ]);
  mkdirSync(join(root, "folder"));
  await expect(take("folder", { overwrite: true })).rejects.toThrow("folder is a folder");
});

test("it goes on where it stopped, and pieces out of their order count for nothing", async () => {
  const same = options("a.bin");
  {
    await using file = await TakenFile.open(same);
    expect([file.add(10, bytes.subarray(10, 20)), file.add(0, bytes.subarray(0, 40_000))]).toEqual([false, true]);
    expect(file.add(0, bytes.subarray(0, 40_000))).toBe(false);
    expect(file.add(40_000, Buffer.alloc(bytes.length))).toBe(false);
    await file.settled();
    expect(file.written).toBe(40_000);
  }
  await using file = await TakenFile.open(same);
  expect(file.written).toBe(40_000);
  file.add(40_000, bytes.subarray(40_000));
  await file.finish();
  expect(readFileSync(join(root, "a.bin")).equals(bytes)).toBe(true);
});

test("other bytes than the announced ones never get the name", async () => {
  await using file = await TakenFile.open(options("a.bin"));
  file.add(0, Buffer.alloc(bytes.length));
  await expect(file.finish()).rejects.toThrow("its SHA-256 is another one");
  await file.removePartial();
  expect(readdirSync(root)).toEqual([]);
});

test("a daemon that was killed when the file had its name already names it again", async () => {
  const same = options("a.bin");
  {
    await using file = await TakenFile.open(same);
    file.add(0, bytes);
    await file.finish();
  }
  expect(readdirSync(root).sort()).toEqual([partialName(same.transferId), "a.bin"]);
  await using file = await TakenFile.open(same);
  expect(file.isWhole).toBe(true);
  await file.finish();
  await file.removePartial();
  expect(readdirSync(root)).toEqual(["a.bin"]);
});

test("a link or a second name in the place of the unfinished file is not written to", async () => {
  writeFileSync(join(elsewhere, "secret"), "mine");
  for (const plant of [symlinkSync, linkSync]) {
    const wanted = options("a.bin");
    plant(join(elsewhere, "secret"), join(root, partialName(wanted.transferId)));
    await expect(TakenFile.open(wanted)).rejects.toThrow();
    expect(readFileSync(join(elsewhere, "secret"), "utf8")).toBe("mine");
  }
});

test("a file for which there is no room is refused before it begins", async () => {
  await expect(TakenFile.open(options("a.bin", { size: Number.MAX_SAFE_INTEGER }))).rejects.toThrow("no room");
});
