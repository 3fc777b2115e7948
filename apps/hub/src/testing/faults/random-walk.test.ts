import { expect, test, vi } from "vitest";
import { diagnose } from "../../doctor/diagnose.ts";
import { listCounterDifferences } from "../../tasks/counters.ts";
import { createTestDatabase } from "../test-database.ts";
import { openTestEngine, type TestEngine } from "../test-engine.ts";
import { randomOf } from "./random.ts";
import { settledOrRefused, Walk } from "./walk.ts";

vi.setConfig({ testTimeout: 300_000 });

/** Another seed is another walk: FAULT_SEED=…, and FAULT_STEPS=… makes it longer. */
const SEED = Number(process.env.FAULT_SEED ?? Date.now() % 1_000_000);
const STEPS = Number(process.env.FAULT_STEPS ?? 150);
/** Enough for every task to be tried, to fail, to be asked about and to be tried again. */
const ROUNDS = 80;

/** What must hold between any two moves. */
const BROKEN = `
  select 'a started task without its lease, or a lease without a started task' as rule, t.key from tasks t
    left join engine.leases l on l.task_id = t.id and l.closed_at is null
    where (l.id is not null) <> (t.status in ('planning', 'plan_review', 'running', 'needs_human', 'review'))
  union all
  select 'a lease in other hands than the task', t.key from tasks t
    join engine.leases l on l.task_id = t.id and l.closed_at is null
    where l.session_id is distinct from t.assigned_session_id or l.server_id is distinct from t.assigned_server_id
      or l.epoch <> t.epoch
  union all
  select 'needs_human and nobody was asked', t.key from tasks t where t.status = 'needs_human' and not exists (
    select from interventions i where i.task_id = t.id and i.status = 'pending' and i.raised_by = 'worker')
  union all
  select 'a question of a task that is not in work', t.key from tasks t join interventions i on i.task_id = t.id
    where i.status = 'pending' and i.raised_by = 'worker' and t.status in ('pending', 'assigned', 'done', 'failed', 'cancelled')
  union all
  select 'a parent that is settled by its children, and was given to somebody', t.key from tasks t
    where (t.type = 'epic' or not exists (select from engine.leases l where l.task_id = t.id)
      and exists (select from tasks c where c.parent_id = t.id))
      and t.status not in ('pending', 'done', 'failed', 'cancelled')
  union all
  select 'an edge that its upstream has resolved, and is not', t.key from task_dependencies d
    join tasks t on t.id = d.task_id join tasks u on u.id = d.depends_on_task_id
    where d.dependency_type = 'blocks' and t.status in ('pending', 'assigned') and d.resolved <> (u.status = 'done')`;

async function mustHold(hub: TestEngine): Promise<void> {
  expect(await hub.sql.query(BROKEN)).toEqual([]);
  expect(await listCounterDifferences(hub.sql)).toEqual([]);
}

test("whatever happens to a project's tasks, in whatever order: no rule breaks, and all of them can be brought to an end", async () => {
  process.stdout.write(`random walk: seed ${SEED}\n`);
  const random = randomOf(SEED);
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject({
    on_worker_lost: ["ask", "requeue", "fail"][Math.floor(random() * 3)],
    on_upstream_failure: random() < 0.7 ? "ask" : "cancel",
    close_session_on_settle: random() < 0.3,
    auto_start_sessions: random() < 0.7,
  });
  const walk = new Walk(hub, project, random);
  for (const max of [2, 3]) walk.servers.push(await hub.addServer(project, { agents: ["claude"], max }));

  for (let step = 0; step < STEPS; step += 1) {
    const atOnce = random() < 0.5 ? 1 : 4;
    await Promise.all(Array.from({ length: atOnce }, () => settledOrRefused(() => walk.step())));
    if (step % 5 === 0) await hub.settled();
    await mustHold(hub);
  }

  let open = await walk.tasks();
  for (let round = 0; round < ROUNDS; round += 1) {
    await walk.heal();
    await hub.engine.rederive();
    await hub.settled();
    await walk.answerAll();
    await hub.settled();
    open = (await walk.tasks()).filter(({ status }) => !["done", "failed", "cancelled"].includes(status));
    if (open.length === 0) break;
    for (const task of open) await settledOrRefused(() => walk.goOn(task));
    await hub.settled();
    await mustHold(hub);
    await walk.pass(11);
  }
  const { findings } = await diagnose(hub.sql, {
    connectedServers: walk.servers.map(({ id }) => id),
    patienceSeconds: 0,
  });
  expect({
    open: open.map(({ key, status }) => `${key} ${status}`),
    findings: findings.map(({ code, message }) => `${code} ${message}`),
  }).toEqual({
    open: [],
    findings: [],
  });
});
