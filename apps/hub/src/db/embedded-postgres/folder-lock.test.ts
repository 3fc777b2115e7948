import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FolderInUse, lockFolder } from "./folder-lock.ts";
import { processStart } from "./process-identity.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "orchestratia-lock-"));
});
afterEach(() => rm(folder, { recursive: true }));

const claimOf = (pid: number, start: string | undefined) => writeFile(path.join(folder, `lock.${pid}.${start}`), "");

test("a folder is locked once, and free again afterwards", async () => {
  {
    await using _ = await lockFolder(folder);
    await expect(lockFolder(folder, 0)).rejects.toThrow(FolderInUse);
  }
  expect(await readdir(folder)).toEqual([]);
  await using _ = await lockFolder(folder, 0);
});

test("a living process keeps others out and is named; its end sets the folder free", async () => {
  const holder = spawn("sleep", ["60"]);
  const pid = holder.pid ?? 0;
  await claimOf(pid, processStart(pid));
  await expect(lockFolder(folder, 0)).rejects.toThrow(`process ${pid}`);
  const lock = lockFolder(folder, 5_000);
  holder.kill();
  await using _ = await lock;
});

test("the claim of a dead process whose number another one has now is swept up", async () => {
  await claimOf(process.pid, "1");
  await using _ = await lockFolder(folder, 0);
  expect(await readdir(folder)).toHaveLength(1);
});

test("of two who come together at most one gets it, and then the other", async () => {
  const takeAndRelease = async () => {
    await using _ = await lockFolder(folder, 10_000);
    const claims = await readdir(folder);
    return claims.length;
  };
  expect(await Promise.all([takeAndRelease(), takeAndRelease()])).toEqual([1, 1]);
});
