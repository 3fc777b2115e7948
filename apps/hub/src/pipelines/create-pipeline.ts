import { POSITION_STEP } from "@orchestratia/domain/sibling-order";
import type { NewPipeline, PipelinePlacement, PipelineTask } from "@orchestratia/protocol/pipelines";
import { Problem } from "@orchestratia/protocol/problems";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import { actorOf, type Caller } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import { dependencyFact, insertDependency } from "../dependencies/insert-dependency.ts";
import { lockFamily } from "../epics/family.ts";
import { openParent } from "../epics/open-parent.ts";
import { keepOrder } from "../epics/order-edges.ts";
import { siblingPosition } from "../epics/sibling-position.ts";
import type { AssignedTask } from "../matching/assigned-task.ts";
import { assignLocked } from "../tasks/assign-task.ts";
import { afterCommit, type Engine } from "../tasks/engine.ts";
import { insertTask, takeNumbers } from "../tasks/insert-task.ts";
import { inProject } from "../tasks/move.ts";
import { lockServers, lockTask, lockTasks, type Places } from "../tasks/task-row.ts";
import { inspectSpec } from "../tasks/write-spec.ts";
import { placementsOf, readTried, type TriedTask } from "./dry-run.ts";
import { inEntry } from "./entry-problem.ts";
import { type ResolvedPipeline, resolvePipeline } from "./resolve-pipeline.ts";

export interface CreatedPipeline {
  taskIds: string[];
  idMap: Record<string, string>;
  warnings: string[];
  /** Of a dry run. */
  placements: PipelinePlacement[];
}

/** Ends the transaction of a dry run: everything was tried, nothing is kept. */
class DryRun extends Error {
  readonly made: Made;
  readonly tried: TriedTask[];
  constructor(made: Made, tried: TriedTask[]) {
    super("a dry run keeps nothing");
    this.made = made;
    this.tried = tried;
  }
}

interface Made {
  places: Places;
  ready: AssignedTask[];
  released: string[];
  warnings: string[];
  told: boolean;
}

/**
 * Creates the tasks of a file with their parents, dependencies and assignments in one transaction, forward references
 * allowed, all or nothing. With `dry_run` the same is tried and nothing is kept. A refusal names the task of the file and
 * the field: `pipeline_invalid`, `dependency_cycle` in the file's own words, `session_not_found` for an unknown `assign`,
 * `parent_settled`, and what an edge can be refused for.
 */
export async function createPipeline(
  engine: Engine,
  caller: Caller,
  projectId: ProjectId,
  pipeline: NewPipeline,
): Promise<CreatedPipeline> {
  const warnings: string[] = [];
  for (const [index, { id, structured_spec }] of pipeline.tasks.entries()) {
    const entry = { index, id, field: "structured_spec" };
    warnings.push(...(await inEntry(entry, () => inspectSpec(engine.schemas, structured_spec))));
  }
  const resolved = await resolvePipeline(engine.database, projectId, pipeline);
  let tried: TriedTask[] = [];
  const made = await inProject(engine, projectId, async (tx) => {
    const all = await make(tx, caller, projectId, { tasks: pipeline.tasks, ...resolved });
    if (pipeline.dry_run) throw new DryRun(all, await readTried(tx, resolved.ids));
    return all;
  }).catch((error: unknown) => {
    if (!(error instanceof DryRun)) throw error;
    tried = error.tried;
    return error.made;
  });
  if (!pipeline.dry_run) afterCommit(engine, { projectId, ...made, placeable: true });
  const servers = pipeline.dry_run ? await engine.fleet.read(projectId) : [];
  return {
    taskIds: resolved.ids,
    idMap: Object.fromEntries(pipeline.tasks.map((task, at) => [task.id ?? String(at), resolved.ids[at] as string])),
    warnings: [...warnings, ...made.warnings],
    placements: placementsOf(pipeline, tried, servers),
  };
}

interface Plan extends ResolvedPipeline {
  tasks: PipelineTask[];
}

async function make(tx: Tx, caller: Caller, projectId: ProjectId, plan: Plan): Promise<Made> {
  const { tasks, ids, edges } = plan;
  const made: Made = { places: [], ready: [], released: [], warnings: [], told: false };
  const sessions = tasks.map(({ assign }) => assign ?? null);
  await lockExisting(tx, projectId, plan, sessions);
  const keys = await insertAll(tx, caller, projectId, plan, made);
  try {
    for (const { entry, ...edge } of edges) {
      const inserted = await inEntry(entry, () =>
        insertDependency(tx, edge, (from, to) => dependencyFact("dependency.added", from, to, edge, actorOf(caller))),
      );
      made.places.push(...inserted.places);
      made.warnings.push(...inserted.warnings);
    }
    const order = await keepOrder(tx, caller, projectId, ids, "refuse");
    made.places.push(...order.places);
    made.ready.push(...order.ready);
    made.released.push(...order.released);
  } catch (error) {
    throw inTitles(error, new Map(keys.map((key, at) => [key, tasks[at]?.title ?? key])));
  }
  for (const [index, session_name] of sessions.entries()) {
    if (session_name === null) continue;
    const assigned = await inEntry({ index, id: tasks[index]?.id, field: "assign" }, async () =>
      assignLocked(tx, caller, await lockTask(tx, ids[index] as string), { session_name }),
    );
    made.places.push(...assigned.places);
    made.ready.push(...assigned.ready);
  }
  return made;
}

/** What is there already is locked at once: tasks in the order of their ids, then servers. */
async function lockExisting(
  tx: Tx,
  projectId: ProjectId,
  { ids, parents, edges }: Plan,
  sessions: (string | null)[],
): Promise<void> {
  const own = new Set(ids);
  const outside = (id: string | null): string[] => (id === null || own.has(id) ? [] : [id]);
  await lockFamily(
    tx,
    parents.flatMap(outside),
    edges.flatMap(({ upstreamId }) => outside(upstreamId)),
  );
  const rows = await tx.query<{ server_id: string }>(
    "select distinct server_id from sessions where project_id = $1 and lower(name) = any($2)",
    [projectId, sessions.flatMap((name) => name?.toLowerCase() ?? [])],
  );
  await lockServers(
    tx,
    rows.map(({ server_id }) => server_id),
  );
}

/** Parents come before their children; numbers and places follow the file. Answers the keys, in the file's order. */
async function insertAll(tx: Tx, caller: Caller, projectId: ProjectId, plan: Plan, made: Made): Promise<string[]> {
  const { tasks, ids, parents } = plan;
  const positions = await positionsOf(tx, caller, plan, made);
  const numbers = await takeNumbers(tx, projectId, tasks.length);
  const sourceSessionId = caller.kind === "session" ? caller.id : null;
  const inserted = new Set<number>();
  const insert = async (index: number): Promise<void> => {
    if (inserted.has(index)) return;
    inserted.add(index);
    const parentId = parents[index] ?? null;
    const above = parentId === null ? -1 : ids.indexOf(parentId);
    if (above >= 0) await insert(above);
    const position = positions[index] ?? null;
    const at = { id: ids[index] as string, projectId, parentId, position, sourceSessionId, eligibleInSeconds: 0 };
    const number = { key: numbers.key, number: numbers.first + index };
    await insertTask(tx, caller, taskOf(tasks[index] as PipelineTask), at, number);
  };
  for (const index of tasks.keys()) await insert(index);
  return tasks.map((_, at) => `${numbers.key}-${numbers.first + at}`);
}

/** Children stand in the order of the file, behind those that an existing parent has. */
async function positionsOf(tx: Tx, caller: Caller, { tasks, ids, parents }: Plan, made: Made) {
  const last = new Map<string, number>();
  const positions: (number | null)[] = [];
  for (const [index, parentId] of parents.entries()) {
    if (parentId !== null && !last.has(parentId) && !ids.includes(parentId)) {
      await inEntry({ index, id: tasks[index]?.id, field: "parent" }, () => openExisting(tx, caller, parentId, made));
      last.set(parentId, (await siblingPosition(tx, parentId, {})) - POSITION_STEP);
    }
    const position = parentId === null ? null : (last.get(parentId) ?? 0) + POSITION_STEP;
    if (parentId !== null && position !== null) last.set(parentId, position);
    positions.push(position);
  }
  return positions;
}

/** An existing parent that is to have children of the file. */
async function openExisting(tx: Tx, caller: Caller, parentId: string, made: Made): Promise<void> {
  const [parent] = await lockTasks(tx, [parentId]);
  if (!parent) throw new Problem("task_not_found");
  const { places, released, told } = await openParent(tx, caller, parent);
  made.places.push(...places);
  made.released.push(...released);
  made.told ||= told;
}

const taskOf = (task: PipelineTask) => ({
  ...task,
  target_repo: task.target_repo ?? task.repo,
  target_branch: task.target_branch ?? task.branch,
  auto_assign: task.assign ? false : task.auto_assign,
});

/** A circle is told in the file's titles: the keys of its tasks are taken back with them. */
function inTitles(error: unknown, titleOf: ReadonlyMap<string, string>): unknown {
  if (!(error instanceof Problem) || error.code !== "dependency_cycle") return error;
  const path = (error.members.path as string[]).map((key) => titleOf.get(key) ?? key);
  return new Problem(error.code, `This would close a circle: ${path.join(" → ")}.`, { ...error.members, path });
}
