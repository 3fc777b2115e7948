import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { closingLine, none, ofExit, ofReport, sum } from "./counts.mjs";

const folder = await mkdtemp(path.join(tmpdir(), "orchestratia-counts-"));
afterAll(() => rm(folder, { recursive: true }));

async function report(numPassedTests: number, numFailedTests: number): Promise<string> {
  const file = path.join(folder, `${numPassedTests}-${numFailedTests}.json`);
  await writeFile(file, JSON.stringify({ numPassedTests, numFailedTests, numPendingTests: 1, numTodoTests: 1 }));
  return file;
}

test("the closing line adds the runners up and tells of skipped ones only when there are some", async () => {
  const all = [ofExit(true), ofExit(false), ofReport(await report(40, 2), false)];
  expect(closingLine(sum(all))).toBe("41 passed, 3 failed, 2 skipped");
  expect(closingLine(sum([ofExit(true), none]))).toBe("1 passed, 0 failed");
});

test("a run that fails without a failed test, or without a report, counts as one failure", async () => {
  expect(ofReport(await report(7, 0), false)).toMatchObject({ passed: 7, failed: 1 });
  expect(ofReport(path.join(folder, "missing.json"), false)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});
