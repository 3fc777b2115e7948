import { operations } from "@orchestratia/protocol/operations/all";
import { expect, test } from "vitest";
import * as lines from "./operations.ts";
import * as peopleLines from "./people-operations.ts";

/** What the daemon asks for an agent that is about to use a tool; nobody types it. */
const HOOKS = ["askForTool", "viewToolRequest", "withdrawToolRequest"];
const agents = operations.filter(({ door, id }) => door === "agents" && !HOOKS.includes(id));

const lineOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;

test("the CLI's lines are the operations of the agents' door, all of them, word for word", () => {
  const ours = Object.values(lines).map(lineOf);
  expect(ours.sort()).toEqual(agents.map(lineOf).sort());
});

test("each line stands under its operation's name", () => {
  const protocols = new Map(agents.map((operation) => [operation.id, operation]));
  for (const [name, line] of Object.entries(lines)) {
    const id = `agent${name[0]?.toUpperCase()}${name.slice(1)}`;
    expect([id, protocols.get(id)]).toMatchObject([id, { method: line.method, path: line.path }]);
  }
});

test("each line for people is the operation of its name", () => {
  for (const [id, line] of Object.entries(peopleLines)) {
    const operation = operations.find((candidate) => candidate.id === id);
    expect([id, operation?.door === "agents"]).toEqual([id, false]);
    expect([id, operation && lineOf(operation)]).toEqual([id, lineOf(line)]);
  }
});
