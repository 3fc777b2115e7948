import type { Door, Operation } from "../../packages/protocol/src/operation.ts";
import { operations } from "../../packages/protocol/src/operations/all.ts";
import { problems } from "../../packages/protocol/src/problems.ts";
import { code, codes, table } from "./markdown.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** The operations behind one door, with the problems that are theirs alone. */
export function operationTable(door: Door): string {
  const rows = operations
    .filter((operation) => operation.door === door)
    .sort(inOrder)
    .map((operation) => [
      code(`${operation.method} ${operation.path}`),
      operation.summary,
      codes(ownProblems(operation)),
    ]);
  return table(["operation", "what it does", "problems"], rows);
}

function inOrder(left: Operation, right: Operation): number {
  if (left.path !== right.path) return left.path < right.path ? -1 : 1;
  return METHODS.indexOf(left.method) - METHODS.indexOf(right.method);
}

/** Without those that every operation with such a name in its path shares. */
function ownProblems({ path, problems }: Operation): string[] {
  const shared = [...path.matchAll(/:([a-z_]+)/g)].flatMap(([, name]) => [`${name}_not_found`, `${name}_ambiguous`]);
  return problems.filter((problem) => !shared.includes(problem));
}

export function problemTable(): string {
  return table(
    ["code", "status", "title"],
    Object.entries(problems).map(([name, { status, title }]) => [code(name), String(status), title]),
  );
}
