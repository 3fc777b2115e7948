import { existsSync, readFileSync } from "node:fs";

export const none = { passed: 0, failed: 0, skipped: 0 };

/** What a runner that is one check counts for. */
export const ofExit = (ok) => (ok ? { ...none, passed: 1 } : { ...none, failed: 1 });

/** What Vitest's JSON report counts. A run that fails without a failed test (a file that cannot be read) counts as one. */
export function ofReport(file, ok) {
  if (!existsSync(file)) return ofExit(ok);
  const report = JSON.parse(readFileSync(file, "utf8"));
  const failed = report.numFailedTests;
  return {
    passed: report.numPassedTests,
    failed: ok ? failed : Math.max(1, failed),
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

export const sum = (counts) =>
  counts.reduce(
    (total, each) => ({
      passed: total.passed + each.passed,
      failed: total.failed + each.failed,
      skipped: total.skipped + each.skipped,
    }),
    none,
  );

/** The line that ends every run. */
export const closingLine = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
