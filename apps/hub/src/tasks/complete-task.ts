import { type ContractWarning, normaliseResult } from "@orchestratia/domain/contracts";
import { comparePending } from "@orchestratia/domain/pending-queue";
import { Problem } from "@orchestratia/protocol/problems";
import type { Completion } from "@orchestratia/protocol/tasks";
import type { Caller } from "../access/caller.ts";
import { actorOf, SYSTEM } from "../access/caller.ts";
import { type PreparedStatement, pipelinedTransaction } from "../db/pipelined-transaction.ts";
import { PROJECT_LOCK, sqlOf } from "../db/transaction.ts";
import { ProofWanted } from "../workspaces/proof.ts";
import { sessionToEnd } from "./cancel-task.ts";
import { type CompletionPicture, readPictures, type WaitingTask } from "./completion-picture.ts";
import { afterCommit, type Engine } from "./engine.ts";
import { type CompletionRequest, type Judgement, judgeCompletion } from "./judge-completion.ts";
import { projectOf } from "./move.ts";
import { wrongStatus } from "./open-moves.ts";
import type { Fold, Outcome } from "./project-writer.ts";
import { reviewTask, TaskMoved } from "./review-task.ts";
import {
  type DoneEntry,
  LOCK_FAMILY,
  LOCK_SERVERS,
  SETTLE_DONE,
  type SettleRow,
  TELL_FORESTALLED,
  type WantedPlace,
} from "./settle-statement.ts";

/** Completions that share one transaction at most. */
const MOST = 64;
/** How often a completion is judged again: three times because its task changed meanwhile, and once for its evidence. */
const MAX_TRIES = 4;

const SAME_RESULT = {
  name: "same_result",
  text: "select coalesce(result, 'null') = $2::jsonb as same from tasks where id = $1",
};

/**
 * The worker delivers its result. In one transaction: the contracts are checked, the task settles (or goes to review,
 * where that is required), its dependents get their inputs, and what is unblocked gets a server. Throws `task_wrong_status`,
 * `not_the_worker`, `stale_lease`, `contract_unfulfilled`, `evidence_failed`, `contract_changed`.
 */
export function completeTask(engine: Engine, caller: Caller, taskId: string, completion: Completion): Promise<void> {
  return settleDone(engine, { taskId, caller, move: "complete", completion });
}

/** Settles by the way of the project's writer, judging again when the task changed in between. */
export async function settleDone(engine: Engine, request: CompletionRequest): Promise<void> {
  const projectId = await projectOfRequest(engine, request);
  let asked: CompletionRequest = request;
  for (let tries = 0; tries <= MAX_TRIES; tries++) {
    try {
      await engine.writers.of(projectId).fold(asked);
      return;
    } catch (error) {
      if (error instanceof SchemasWanted) asked = { ...asked, verdicts: await verdictsOf(engine, error) };
      else if (error instanceof ProofWanted) asked = { ...asked, proof: await engine.proofs.take(error) };
      else if (!(error instanceof TaskMoved)) throw error;
    }
  }
  throw new Problem("contract_changed", "The task changed while its result was checked; send the result again.");
}

/** A worker's task is of its own project; that it is, the picture says. */
function projectOfRequest(engine: Engine, { caller, taskId }: CompletionRequest): string | Promise<string> {
  return caller.kind === "session" || caller.kind === "server" ? caller.projectId : projectOf(engine, taskId);
}

/** The schemas must be run before the transaction: the completion comes back with their verdicts. */
class SchemasWanted extends Error {
  readonly judgement: Extract<Judgement, { kind: "ask_schemas" }>;
  constructor(judgement: Extract<Judgement, { kind: "ask_schemas" }>) {
    super("the schemas have to be run first");
    this.judgement = judgement;
  }
}

async function verdictsOf(engine: Engine, { judgement }: SchemasWanted) {
  const errors = new Map<string, readonly string[]>();
  for (const { key, schema } of judgement.declared) {
    if (schema === undefined || !Object.hasOwn(judgement.delivered, key)) continue;
    errors.set(key, await engine.schemas.check(schema, judgement.delivered[key]));
  }
  return { declared: judgement.declared, delivered: judgement.delivered, errors };
}

/** How the writer runs completions together. */
export const completionFold = (engine: () => Engine): Fold<CompletionRequest> => ({
  most: MOST,
  key: (request) => request.taskId,
  run: (requests) => runCompletions(engine(), requests),
});

async function runCompletions(engine: Engine, requests: CompletionRequest[]): Promise<Outcome[]> {
  const pictures = await readPictures(
    sqlOf(engine.pipelined),
    requests.map(({ taskId }) => taskId),
  );
  const outcomes = new Map<CompletionRequest, Outcome>();
  const settling: Settling[] = [];
  const touched = new Set<string>();
  for (const request of requests) {
    try {
      const picture = pictures.get(request.taskId);
      if (!picture || isForeign(request.caller, picture)) throw new Problem("task_not_found");
      const judgement = judgeCompletion(request, picture);
      if (judgement.kind === "ask_schemas") throw new SchemasWanted(judgement);
      if (judgement.kind === "ask_proof") throw new ProofWanted(request.caller, picture, judgement.session);
      if (judgement.kind === "arrived") outcomes.set(request, await answerOf(sameResult(engine, request, picture)));
      else if (judgement.to === "review")
        outcomes.set(request, await answerOf(reviewTask(engine, request, picture, judgement)));
      // One statement changes each row once: a task and its dependent cannot settle in the same one.
      else if (meets(touched, picture)) throw new TaskMoved();
      else settling.push({ request, picture, judgement });
    } catch (error) {
      outcomes.set(request, { done: false, error });
    }
  }
  for (const [request, outcome] of await settle(engine, settling)) outcomes.set(request, outcome);
  return requests.map((request) => outcomes.get(request) as Outcome);
}

const isForeign = (caller: Caller, picture: CompletionPicture): boolean =>
  (caller.kind === "session" || caller.kind === "server") && caller.projectId !== picture.project_id;

function meets(touched: Set<string>, picture: CompletionPicture): boolean {
  if (touched.has(picture.id) || picture.dependents.some(({ task_id }) => touched.has(`settles ${task_id}`)))
    return true;
  touched.add(`settles ${picture.id}`);
  for (const { task_id } of picture.dependents) touched.add(task_id);
  return false;
}

/** A repeat must say what the first said; another result for a task that has one is refused, not dropped. */
async function sameResult(engine: Engine, { caller, completion, move }: CompletionRequest, picture: CompletionPicture) {
  const [stored] = await engine.database.sql.query<{ same: boolean }>(SAME_RESULT, [
    picture.id,
    JSON.stringify(normaliseResult(completion?.result) ?? null),
  ]);
  if (!stored?.same) throw wrongStatus(picture, move, caller);
}

async function answerOf(work: Promise<void>): Promise<Outcome> {
  try {
    await work;
    return { done: true };
  } catch (error) {
    return { done: false, error };
  }
}

interface Settling {
  request: CompletionRequest;
  picture: CompletionPicture;
  judgement: Extract<Judgement, { kind: "settle" }>;
}

async function settle(engine: Engine, settling: Settling[]): Promise<[CompletionRequest, Outcome][]> {
  const [first] = settling;
  if (!first) return [];
  const projectId = first.picture.project_id;
  const entries = settling.map(entryOf);
  const freed = entries.flatMap(({ freed_server_id }) => freed_server_id ?? []);
  for (const serverId of freed) engine.fleet.adjust(serverId, -1);
  const wanted = choosePlaces(engine, projectId, settling);
  let rows: SettleRow[];
  try {
    const answers = await pipelinedTransaction(engine.pipelined, statements(projectId, entries, wanted));
    rows = answers[SETTLED_AT] as SettleRow[];
  } catch (error) {
    for (const serverId of freed) engine.fleet.adjust(serverId, 1);
    for (const { server_id } of wanted) engine.fleet.adjust(server_id, -1);
    throw error;
  }
  const done = new Set(rows.flatMap((row) => (row.kind === "done" ? row.id : [])));
  const ready = rows.flatMap((row) => (row.kind === "ready" ? row.task : []));
  const placed = new Set(ready.flatMap((task) => (task.placed ? task.id : [])));
  afterCommit(engine, {
    projectId,
    ready,
    released: [...done],
    places: [
      ...entries.flatMap((entry) =>
        entry.freed_server_id && !done.has(entry.id) ? [[entry.freed_server_id, 1] as const] : [],
      ),
      ...wanted.flatMap((want) => (placed.has(want.task_id) ? [] : [[want.server_id, -1] as const])),
      ...ready.flatMap((task) => (task.placed ? [] : [[task.assigned_server_id, 1] as const])),
    ],
    placeable: true,
    told: entries.some(isForestalling),
    ended: settling.flatMap(({ picture }) => (done.has(picture.id) ? sessionToEnd(picture) : [])),
  });
  return settling.map(({ request, picture }) => [
    request,
    done.has(picture.id) ? { done: true } : { done: false, error: new TaskMoved() },
  ]);
}

function entryOf({ request, picture, judgement }: Settling): DoneEntry {
  const { check, delivered } = judgement;
  const tookPlace = picture.status !== "pending" && !(picture.status === "assigned" && picture.blockers > 0);
  return {
    id: picture.id,
    version: picture.version,
    freed_server_id: tookPlace ? picture.assigned_server_id : null,
    result: judgement.result,
    git_diff_stats: judgement.git_diff_stats ?? null,
    contract_status: check.status,
    delivered,
    warnings: check.warnings.map(inWords),
    open_keys: [...check.missing, ...[...check.invalid, ...check.warnings].map(({ key }) => key)],
    session_id: judgement.session,
    forestalled_session_id:
      picture.status === "assigned" && picture.is_delivered && picture.assigned_session_id !== judgement.session
        ? picture.assigned_session_id
        : null,
    actor: actorOf(request.caller),
    details: {
      from: picture.status,
      to: "done",
      key: picture.key,
      title: picture.title,
      contract_status: check.status,
      contracts: Object.keys(delivered),
      ...(check.warnings.length > 0 && { warnings: check.warnings }),
    },
  };
}

function inWords(warning: ContractWarning): string {
  return warning.code === "optional_missing"
    ? `The optional contract "${warning.key}" was not delivered.`
    : `The optional contract "${warning.key}" is not valid: ${warning.errors.join("; ")}.`;
}

/** Where the picture would put each task that may become free. Counted in the picture at once, so that none is promised twice. */
function choosePlaces(engine: Engine, projectId: string, settling: Settling[]): WantedPlace[] {
  const index = engine.fleet.of(projectId);
  const edges = new Map<string, number>();
  for (const { picture } of settling) {
    for (const { task_id } of picture.dependents) edges.set(task_id, (edges.get(task_id) ?? 0) + 1);
  }
  const wanted: WantedPlace[] = [];
  const chosen = new Set<string>();
  for (const waiting of settling.flatMap(({ picture }) => picture.dependents).sort(inPlacingOrder)) {
    const free = waiting.status === "pending" && waiting.auto_assign && waiting.blockers === edges.get(waiting.task_id);
    if (!free || chosen.has(waiting.task_id)) continue;
    chosen.add(waiting.task_id);
    // Its wait for the server it prefers begins now.
    const waits = waiting.requirements.waitForPreferredMs !== undefined;
    const server = index.best(waiting.requirements, { tried: new Set(waiting.tried_servers), waits });
    if (!server) continue;
    index.adjustActive(server.id, 1, Date.now());
    wanted.push({ task_id: waiting.task_id, version: waiting.version, server_id: server.id });
  }
  return wanted;
}

const inPlacingOrder = (left: WaitingTask, right: WaitingTask): number =>
  comparePending(asPending(left), asPending(right));
const asPending = ({ task_id, priority, eligible_at }: WaitingTask) => ({
  id: task_id,
  priority,
  eligibleAt: Date.parse(eligible_at),
});

function statements(projectId: string, entries: DoneEntry[], wanted: WantedPlace[]): PreparedStatement[] {
  const ids = entries.map((entry) => entry.id);
  const servers = [...entries.map((entry) => entry.freed_server_id), ...wanted.map((want) => want.server_id)];
  return [
    { ...PROJECT_LOCK, values: [projectId] },
    { ...LOCK_FAMILY, values: [ids] },
    { ...LOCK_SERVERS, values: [servers.filter((id) => id !== null), ids] },
    { ...SETTLE_DONE, values: [JSON.stringify(entries), JSON.stringify(wanted), HUB] },
    ...(entries.some(isForestalling) ? [{ ...TELL_FORESTALLED, values: [JSON.stringify(entries), HUB] }] : []),
  ];
}

/** Where SETTLE_DONE stands among the statements. */
const SETTLED_AT = 3;

const isForestalling = (entry: DoneEntry): boolean => entry.forestalled_session_id !== null;

const HUB = JSON.stringify(actorOf(SYSTEM));
