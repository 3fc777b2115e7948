import { type Contracts, checkContracts, declaredContracts, isContractKey } from "@orchestratia/domain/contracts";
import type { TaskStatus } from "@orchestratia/domain/task-lifecycle";
import { actorOf, SYSTEM } from "../access/caller.ts";
import type { Tx } from "../db/transaction.ts";
import type { Changes } from "../tasks/engine.ts";
import { decide } from "../tasks/move.ts";
import { type DoneEntry, LOCK_FAMILY, LOCK_SERVERS, SETTLE_DONE, type SettleRow } from "../tasks/settle-statement.ts";
import { lockTask, moveDetails, type TaskRow } from "../tasks/task-row.ts";

interface ChildRow {
  id: string;
  key: string;
  title: string;
  status: TaskStatus;
  archived: boolean;
  summary: string | null;
  contracts: Contracts | null;
}

/** Characters of a child's own summary that its parent's result repeats. */
const SUMMARY_LENGTH = 500;

const CHILDREN = {
  name: "children_to_roll_up",
  text: `select id, key, title, status::text as status, archived_at is not null as archived,
      case when status = 'done' and jsonb_typeof(result) = 'object' then left(result ->> 'summary', ${SUMMARY_LENGTH}) end
        as summary,
      case when status = 'done' and jsonb_typeof(result -> 'contracts') = 'object' then (
        select jsonb_object_agg(key, value) from jsonb_each(result -> 'contracts') where key = any($2)) end as contracts
    from tasks where parent_id = $1 order by position, number`,
};
const DEMANDED = {
  name: "demanded_of_task",
  text: `select distinct contract_key from task_dependencies
    where depends_on_task_id = $1 and dependency_type = 'input' and contract_key is not null and not resolved`,
};

/**
 * Settles a parent as done by its children: the caller has made sure that all are settled and one is done, and holds the
 * project's lock. Its dependents get what its children delivered: each contract that the parent promises, or that somebody
 * waits for, where exactly one child delivered it.
 */
export async function rollUpLocked(tx: Tx, projectId: string, parentId: string): Promise<Changes> {
  await tx.query(LOCK_FAMILY, [[parentId]]);
  await tx.query(LOCK_SERVERS, [[], [parentId]]);
  const parent = await lockTask(tx, parentId);
  decide(parent, "roll_up");
  const entry = await entryOf(tx, parent);
  const rows = await tx.query<SettleRow>(SETTLE_DONE, [JSON.stringify([entry]), "[]", JSON.stringify(actorOf(SYSTEM))]);
  if (!rows.some(({ kind }) => kind === "done")) throw new Error(`task ${parentId} changed under its lock`);
  const ready = rows.flatMap((row) => (row.kind === "ready" ? row.task : []));
  return {
    projectId,
    ready,
    places: ready.map((task) => [task.assigned_server_id, 1] as const),
    placeable: true,
  };
}

async function entryOf(tx: Tx, parent: TaskRow): Promise<DoneEntry> {
  const declared = declaredContracts(parent.structured_spec);
  const demanded = (await tx.query<{ contract_key: string }>(DEMANDED, [parent.id])).map((row) => row.contract_key);
  const keys = [...new Set([...declared.map(({ key }) => key), ...demanded])].filter(isContractKey);
  const children = await tx.query<ChildRow>(CHILDREN, [parent.id, keys]);
  const delivered = gathered(children, keys);
  const check = checkContracts({ declared, demanded, delivered, allowPartial: true });
  const done = children.filter(({ status }) => status === "done").length;
  return {
    id: parent.id,
    version: parent.version,
    freed_server_id: null,
    result: {
      summary: `${done} of ${children.length} ${children.length === 1 ? "child" : "children"} done.`,
      children: children.map(({ key, title, status, archived, summary }) => ({
        key,
        title,
        status,
        ...(archived && { archived }),
        ...(summary !== null && { summary }),
      })),
      ...(keys.length > 0 && { contracts: delivered }),
    },
    git_diff_stats: null,
    contract_status: check.status,
    delivered,
    open_keys: check.missing,
    warnings: check.missing.map((key) => `No child alone delivered the contract "${key}".`),
    session_id: null,
    forestalled_session_id: null,
    actor: actorOf(SYSTEM),
    details: {
      ...moveDetails(parent, "done"),
      contract_status: check.status,
      contracts: Object.keys(delivered),
      rolled_up: true,
    },
  };
}

/** What exactly one child delivered: of two the hub cannot know which is meant. */
function gathered(children: readonly ChildRow[], keys: readonly string[]): Contracts {
  const delivered: Contracts = {};
  for (const key of keys) {
    const having = children.filter(({ contracts }) => contracts !== null && Object.hasOwn(contracts, key));
    const [only] = having;
    if (having.length === 1 && only?.contracts) delivered[key] = only.contracts[key];
  }
  return delivered;
}
