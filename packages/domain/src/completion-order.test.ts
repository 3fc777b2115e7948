import fc from "fast-check";
import { expect, test } from "vitest";
import { type Contracts, deliveredContracts, type InputEdge, resolvedInputsFrom } from "./contracts.ts";
import { countBlockers, isBlocked, isResolvedBy } from "./dependency-graph.ts";
import { decideMove, type TaskMove, type TaskStatus } from "./task-lifecycle.ts";

type Edge = InputEdge & { taskId: string };
type Task = { id: string; status: TaskStatus; blockers: number; resolvedInputs: Record<string, unknown> };

/** Tasks t0…tn; an edge always points from a later task to an earlier one, so there is no cycle. */
const dags = fc
  .integer({ min: 1, max: 9 })
  .chain((size) =>
    fc.record({
      size: fc.constant(size),
      edges: fc.uniqueArray(
        fc.record({
          from: fc.nat(size - 1),
          to: fc.nat(size - 1),
          type: fc.constantFrom("blocks", "input", "related", "order" as const),
          wholeMap: fc.boolean(),
        }),
        { maxLength: 24, selector: ({ from, to }) => `${from}>${to}` },
      ),
      /** Which of the startable tasks goes next, over and over: the order in which things happen. */
      picks: fc.tuple(fc.array(fc.nat(), { minLength: size }), fc.array(fc.nat(), { minLength: size })),
    }),
  )
  .map(({ size, edges, picks }) => ({
    size,
    picks,
    edges: edges
      .filter(({ from, to }) => from > to)
      .map(({ from, to, type, wholeMap }) => ({
        taskId: `t${from}`,
        dependsOn: `t${to}`,
        upstreamKey: `APP-${to}`,
        type,
        contractKey: wholeMap ? null : "out",
        alias: wholeMap ? null : `from_${to}`,
      })),
  }));

test("a graph completed in any order ends in the same state, with nothing left behind", () => {
  fc.assert(
    fc.property(dags, ({ size, edges, picks: [first, second] }) => {
      const one = runToTheEnd(size, edges, first);
      const other = runToTheEnd(size, edges, second);
      expect(one).toEqual(other);
      for (const task of one.tasks) expect(task).toMatchObject({ status: "done", blockers: 0 });
      for (const edge of one.edges) {
        expect(edge.resolved).toBe(edge.type !== "related");
        if (edge.type !== "input") continue;
        const inputs = one.tasks.find(({ id }) => id === edge.taskId)?.resolvedInputs ?? {};
        const value = { made_by: edge.dependsOn };
        expect(inputs[edge.alias ?? edge.upstreamKey]).toEqual(edge.contractKey ? value : { out: value });
      }
    }),
  );
});

function runToTheEnd(size: number, drawn: Omit<Edge, "resolved">[], picks: readonly number[]) {
  const edges: Edge[] = drawn.map((edge) => ({ ...edge, resolved: false }));
  const tasks: Task[] = Array.from({ length: size }, (_, at) => {
    const id = `t${at}`;
    return { id, status: "pending", blockers: countBlockers(edges.filter((e) => e.taskId === id)), resolvedInputs: {} };
  });
  const delivered = new Map<string, Contracts>();
  for (let step = 0; step < size; step++) {
    const startable = tasks.filter((task) => task.status !== "done" && !isBlocked(task));
    const task = startable[(picks[step] ?? 0) % startable.length];
    if (!task) throw new Error("every task is blocked");
    for (const move of ["assign", "start", "complete"] as const) task.status = moved(task.status, move);
    const contracts = deliveredContracts(JSON.stringify({ contracts: { out: { made_by: task.id } } }));
    delivered.set(task.id, contracts);
    for (const edge of edges.filter(({ dependsOn }) => dependsOn === task.id)) {
      edge.resolved = isResolvedBy(edge, { status: task.status, delivered: contracts });
    }
    for (const dependent of tasks) {
      const own = edges.filter(({ taskId }) => taskId === dependent.id);
      dependent.blockers = countBlockers(own);
      dependent.resolvedInputs = { ...resolvedInputsFrom(own, delivered) };
    }
  }
  return { tasks, edges };
}

function moved(status: TaskStatus, move: TaskMove): TaskStatus {
  const decision = decideMove({ status }, move);
  if (!decision.ok) throw new Error(`${move} refused in ${status}`);
  return decision.to;
}
