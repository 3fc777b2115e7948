import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exclusively } from "./exclusive.ts";

const lockPath = () => join(mkdtempSync(join(tmpdir(), "lock-")), "deeper", "lock");

test("many at once do their work one after another, and leave nothing behind", async () => {
  const path = lockPath();
  let inside = 0;
  const most: number[] = [];
  const work = () =>
    exclusively(path, async () => {
      inside += 1;
      most.push(inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    });
  await Promise.all([work(), work(), work(), work()]);
  expect(most).toEqual([1, 1, 1, 1]);
  expect(readdirSync(join(path, ".."))).toEqual([]);
});

test("a lock is given back when the work fails", async () => {
  const path = lockPath();
  await expect(exclusively(path, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await exclusively(path, async () => "next", 0)).toBe("next");
});

test("the lock of a process that is gone is taken over", async () => {
  const path = lockPath();
  await exclusively(path, async () => {});
  const gone = spawn("true");
  await new Promise((resolve) => gone.once("exit", resolve));
  writeFileSync(path, `${gone.pid} 1`);
  expect(await exclusively(path, async () => "taken over")).toBe("taken over");
  // Another process has its number by now.
  writeFileSync(path, `${process.pid} 1`);
  expect(await exclusively(path, async () => "taken over")).toBe("taken over");
});

test("whoever waits too long is told so, and the holder keeps it", async () => {
  const path = lockPath();
  await exclusively(path, async () => {
    const held = readFileSync(path, "utf8");
    await expect(exclusively(path, async () => {}, 0)).rejects.toThrow("Another program is at work");
    expect(readFileSync(path, "utf8")).toBe(held);
  });
  expect(existsSync(path)).toBe(false);
});
