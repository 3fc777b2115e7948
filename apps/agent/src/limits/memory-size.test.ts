import { expect, test } from "vitest";
import { MemorySize, machineMemory, memoryText } from "./memory-size.ts";

test.each([
  [1_073_741_824, 1_073_741_824],
  ["8 GiB", 8 * 1024 ** 3],
  ["1.5gib", 1.5 * 1024 ** 3],
  ["500 MB", 500_000_000],
  ["67108864 B", 64 * 1024 ** 2],
])("%j is %d bytes", (given, bytes) => {
  expect(MemorySize.parse(given)).toBe(bytes);
});

test.each([
  ["plenty", "is no amount of memory"],
  ["8", "is no amount of memory"],
  ["-1 GiB", "is no amount of memory"],
  [1.5, "is no amount of memory"],
  [0, "less than 16 MiB"],
  ["1 MiB", "less than 16 MiB"],
  [true, 'a size such as "8 GiB"'],
])("%j is refused: %s", (given, reason) => {
  expect(MemorySize.safeParse(given).error?.message).toContain(reason.replaceAll('"', '\\"'));
});

test("an amount is said as people say it", () => {
  expect([memoryText(200 * 1024 ** 2), memoryText(1.5 * 1024 ** 3), memoryText(8 * 1024 ** 3)]).toEqual([
    "200 MiB",
    "1.5 GiB",
    "8 GiB",
  ]);
});

test("a machine has memory", () => {
  expect(machineMemory()).toBeGreaterThan(64 * 1024 ** 2);
});
