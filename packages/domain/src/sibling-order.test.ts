import { describe, expect, test } from "vitest";
import { type FamilyMember, positionBetween, wantedOrderEdges } from "./sibling-order.ts";

type Given = Partial<Omit<FamilyMember, "id" | "parentId">>;
let numbers = 0;
const member = (id: string, parentId: string | null, more: Given = {}): FamilyMember => {
  numbers += 1;
  const number = numbers;
  return {
    id,
    parentId,
    number,
    position: number,
    status: "pending",
    archived: false,
    execMode: null,
    isContainer: false,
    ...more,
  };
};
const seq = (id: string, parentId: string | null = null, more: Given = {}) =>
  member(id, parentId, { execMode: "seq", isContainer: true, ...more });
const par = (id: string, parentId: string | null = null) =>
  member(id, parentId, { execMode: "par", isContainer: true });

/** `b>a` for an edge that holds b until a is over, `b-a` for a resolved one. */
const shown = (family: FamilyMember[]) =>
  wantedOrderEdges(family).map(({ taskId, dependsOn, resolved }) => `${taskId}${resolved ? "-" : ">"}${dependsOn}`);

const chain = (...children: [id: string, more?: Given][]) => [
  seq("p"),
  ...children.map(([id, more]) => member(id, "p", more)),
];

const cases: [name: string, family: FamilyMember[], edges: string[]][] = [
  ["children side by side have no order", [par("p"), member("a", "p"), member("b", "p")], []],
  ["a parent that says nothing has its children side by side", [member("p", null), member("a", "p")], []],
  ["each child waits for its neighbour", chain(["a"], ["b"], ["c"]), ["b>a", "c>b"]],
  ["gaps and a start at zero mean nothing", chain(["a", { position: 0 }], ["b", { position: 3 }]), ["b>a"]],
  [
    "equal positions go by number",
    chain(["b", { position: 1, number: 2 }], ["a", { position: 1, number: 1 }]),
    ["b>a"],
  ],
  ["a done neighbour is a resolved edge", chain(["a", { status: "done" }], ["b"]), ["b-a"]],
  ["a failed one holds", chain(["a", { status: "failed" }], ["b"]), ["b>a"]],
  ["an archived failed one does not", chain(["a", { status: "failed", archived: true }], ["b"]), ["b-a"]],
  [
    "past a cancelled one, the one before it holds",
    chain(["a"], ["b", { status: "cancelled" }], ["c"]),
    ["c-b", "c>a"],
  ],
  ["past a done one, what was put before it holds", chain(["a"], ["b", { status: "done" }], ["c"]), ["c-b", "c>a"]],
  [
    "what has begun waits for nothing, and carries nothing",
    chain(["a"], ["b", { status: "running" }], ["c"]),
    ["c>b", "c>a"],
  ],
  ["an assigned one still waits", chain(["a"], ["b", { status: "assigned" }], ["c"]), ["b>a", "c>b"]],
  [
    "what waits in front of an epic holds its children, however deep",
    [seq("p"), member("a", "p"), par("e", "p"), member("x", "e"), par("f", "e"), member("y", "f"), member("z", "p")],
    ["e>a", "x>a", "f>a", "y>a", "z>e"],
  ],
  [
    "in a sequence within a sequence only the first carries the outer order",
    [seq("p"), member("a", "p"), seq("e", "p"), member("x", "e"), member("y", "e")],
    ["e>a", "x>a", "y>x"],
  ],
  [
    "an epic of which something has begun carries nothing",
    [seq("p"), member("a", "p"), par("e", "p"), member("x", "e", { status: "running" }), member("z", "p")],
    ["e>a", "z>e", "z>a"],
  ],
  [
    "the children of a parent that is worked on go on",
    [seq("p"), member("a", "p"), member("w", "p", { status: "running" }), member("x", "w")],
    [],
  ],
  ["several families do not meet", [seq("p"), member("a", "p"), seq("q"), member("b", "q")], []],
];

describe("the order of siblings", () => {
  test.each(cases)("%s", (_, family, edges) => expect(shown(family)).toEqual(edges));

  test("does not depend on how the members are listed", () => {
    const family = chain(["a"], ["b"], ["c"]);
    expect(shown([...family].reverse()).sort()).toEqual(shown(family).sort());
  });

  test("never lets a later child go before an earlier one that holds, whatever has happened to those between", () => {
    const statuses = ["pending", "assigned", "running", "done", "failed", "cancelled"] as const;
    for (const first of statuses) {
      for (const second of statuses) {
        for (const third of statuses) {
          const family = chain(["a", { status: first }], ["b", { status: second }], ["c", { status: third }], ["d"]);
          const edges = wantedOrderEdges(family).filter(({ resolved }) => !resolved);
          const reached = new Set(["d"]);
          for (const id of reached) for (const edge of edges) if (edge.taskId === id) reached.add(edge.dependsOn);
          const holding = family.filter(({ id, status }) => id !== "p" && status !== "done" && status !== "cancelled");
          expect([...reached].sort()).toEqual(holding.map(({ id }) => id).sort());
        }
      }
    }
  });
});

test("a position lies between its neighbours, and says when there is no room", () => {
  expect(positionBetween(undefined, undefined)).toBe(1024);
  expect(positionBetween(1024, undefined)).toBe(2048);
  expect(positionBetween(undefined, 1024)).toBe(0);
  expect(positionBetween(1024, 2048)).toBe(1536);
  expect(positionBetween(7, 8)).toBeUndefined();
  expect(positionBetween(7, 7)).toBeUndefined();
});
