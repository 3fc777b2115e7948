import type { Door } from "../../packages/protocol/src/operation.ts";
import { operations } from "../../packages/protocol/src/operations/all.ts";
import { problems } from "../../packages/protocol/src/problems.ts";
import { code, codes, table } from "./markdown.ts";

/** The operations behind one door, with the problems that are theirs alone. */
export function operationTable(door: Door): string {
  const rows = operations
    .filter((operation) => operation.door === door)
    .map(({ method, path, summary, problems }) => [code(`${method} ${path}`), summary, codes(problems)]);
  return table(["operation", "what it does", "problems"], rows);
}

export function problemTable(): string {
  return table(
    ["code", "status", "title"],
    Object.entries(problems).map(([name, { status, title }]) => [code(name), String(status), title]),
  );
}
