import type { TaskStatus } from "./task-lifecycle.ts";

/** Whether a parent's children are worked on side by side or one after the other. */
export const EXEC_MODES = ["par", "seq"] as const;
export type ExecMode = (typeof EXEC_MODES)[number];

/** A task as the order of its family sees it. */
export type FamilyMember<Id extends string = string> = {
  id: Id;
  parentId: Id | null;
  /** Sort key among the parent's children; ties go by `number`. */
  position: number;
  number: number;
  status: TaskStatus;
  archived: boolean;
  execMode: ExecMode | null;
  /** Settled by its children, never worked on itself: an epic, or a parent that never had a lease. */
  isContainer: boolean;
};

/** `taskId` comes after `dependsOn`. */
export type OrderEdge<Id extends string = string> = { taskId: Id; dependsOn: Id; resolved: boolean };

/** A family by parent; the children in their order. */
type Tree<Id extends string> = ReadonlyMap<Id | null, readonly FamilyMember<Id>[]>;

/** Nothing new holds back a task that somebody has begun, or that is over. */
export const mayWait = ({ status }: { status: TaskStatus }): boolean => status === "pending" || status === "assigned";

/** What comes later waits for it: a failed one holds, one that is done, cancelled or archived does not. */
export const holdsLater = ({ status, archived }: { status: TaskStatus; archived: boolean }): boolean =>
  !archived && status !== "done" && status !== "cancelled";

/**
 * The order edges that a family should have: all members of one tree, or of several. Only members that may wait get any.
 *
 * Under a `seq` parent a child has an edge to its neighbour before it, resolved when that one holds nothing back. It also
 * waits for those before its neighbour as long as the neighbour does not wait for them itself: because it is over, has
 * begun, or failed. What waits in front of an epic holds each of the epic's children, however deep.
 */
export function wantedOrderEdges<Id extends string>(family: readonly FamilyMember<Id>[]): OrderEdge<Id>[] {
  const tree = treeOf(family);
  const known = new Set(family.map(({ id }) => id));
  const edges: OrderEdge<Id>[] = [];
  const descend = (parent: FamilyMember<Id>, before: readonly Id[]): void => {
    const children = tree.get(parent.id) ?? [];
    for (const [at, child] of children.entries()) {
      const own = parent.execMode === "seq" ? earlierSiblings(tree, children, at) : { edges: [], carried: false };
      const outer = own.carried ? [] : before;
      const gates = [...own.edges, ...outer.map((id) => ({ dependsOn: id, resolved: false }))];
      if (mayWait(child)) edges.push(...gates.map((gate) => ({ taskId: child.id, ...gate })));
      const holding = gates.filter(({ resolved }) => !resolved).map(({ dependsOn }) => dependsOn);
      descend(child, child.isContainer ? holding : []);
    }
  };
  for (const member of family) if (member.parentId === null || !known.has(member.parentId)) descend(member, []);
  return edges;
}

/** What a child under a `seq` parent waits for among its siblings; `carried` when the last of it waits for all before. */
function earlierSiblings<Id extends string>(tree: Tree<Id>, children: readonly FamilyMember<Id>[], at: number) {
  const edges: { dependsOn: Id; resolved: boolean }[] = [];
  for (let before = at - 1; before >= 0; before--) {
    const sibling = children[before] as FamilyMember<Id>;
    const holds = holdsLater(sibling);
    if (holds || before === at - 1) edges.push({ dependsOn: sibling.id, resolved: !holds });
    if (holds && isWaiting(tree, sibling)) return { edges, carried: true };
  }
  return { edges, carried: false };
}

/** True when nothing of the member has begun or failed, so that what precedes it also precedes all of it. */
function isWaiting<Id extends string>(tree: Tree<Id>, member: FamilyMember<Id>): boolean {
  if (!member.isContainer) return mayWait(member);
  return (tree.get(member.id) ?? []).filter(holdsLater).every((child) => isWaiting(tree, child));
}

function treeOf<Id extends string>(family: readonly FamilyMember<Id>[]): Tree<Id> {
  const tree = new Map<Id | null, FamilyMember<Id>[]>();
  for (const member of [...family].sort(
    (left, right) => left.position - right.position || left.number - right.number,
  )) {
    const siblings = tree.get(member.parentId);
    if (siblings) siblings.push(member);
    else tree.set(member.parentId, [member]);
  }
  return tree;
}

/** The room left between two neighbours, so that most insertions move nobody else. */
export const POSITION_STEP = 1024;

/** The sort key between two neighbours; undefined when there is no room and the siblings must be numbered anew. */
export function positionBetween(before: number | undefined, after: number | undefined): number | undefined {
  if (after === undefined) return (before ?? 0) + POSITION_STEP;
  if (before === undefined) return after - POSITION_STEP;
  const middle = Math.floor((before + after) / 2);
  return middle > before && middle < after ? middle : undefined;
}
