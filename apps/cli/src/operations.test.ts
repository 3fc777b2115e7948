import * as agents from "@orchestratia/protocol/operations/agents";
import { expect, test } from "vitest";
import * as lines from "./operations.ts";

const lineOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;

test("the CLI's lines are the operations of the agents' door, all of them, word for word", () => {
  const ours = Object.values(lines).map(lineOf);
  const protocols = Object.values(agents)
    .filter((value) => "path" in value)
    .map(lineOf);
  expect(ours.sort()).toEqual(protocols.sort());
});

test("each line stands under its operation's name", () => {
  const protocols = new Map<string, object>(Object.entries(agents));
  for (const [name, line] of Object.entries(lines)) {
    const id = `agent${name[0]?.toUpperCase()}${name.slice(1)}`;
    expect([id, protocols.get(id)]).toMatchObject([id, { method: line.method, path: line.path }]);
  }
});
