import { operations } from "@orchestratia/protocol/operations/all";
import type { ProblemCode } from "@orchestratia/protocol/problems";
import { problemsOf } from "../http/openapi.ts";

/** Each problem that an operation answered with and does not declare, by what the hub logged of its refusals. */
export function undeclaredProblems(logged: readonly Record<string, unknown>[]): string[] {
  // Where browsers are sent on, what goes wrong is told to the page that they come to.
  const answering = operations.filter(({ redirects }) => !redirects);
  const declared = new Map(answering.map((operation) => [operation.id, new Set(problemsOf(operation))]));
  const undeclared = logged.flatMap(({ operation, code }) => {
    const known = declared.get(operation as string);
    return known && !known.has(code as ProblemCode) ? [`${operation}: ${code}`] : [];
  });
  return [...new Set(undeclared)];
}
