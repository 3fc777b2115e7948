import { HubClient } from "@orchestratia/client/http";
import { registerServer } from "@orchestratia/protocol/operations/daemons";
import { createPipeline, createProject, createRegistrationToken } from "@orchestratia/protocol/operations/people";
import { expect } from "vitest";
import { type Sql, sqlOf } from "../../db/transaction.ts";
import { listCounterDifferences } from "../../tasks/counters.ts";
import { MachineAtWork, type Report } from "./machine-at-work.ts";

/** Each layer's tasks wait for two of the layer before. */
const LAYERS = 10;
const WIDTH = 20;
export const TASKS = LAYERS * WIDTH;

/** A project with machines that work, and what they have seen. */
export async function openCascade(url: string, token: string, machines: number, onCompletionSent?: () => void) {
  const system = new HubClient({ baseUrl: url, headers: () => ({ authorization: `Bearer ${token}` }) });
  const project = await system.call(createProject, {
    body: { key: "CASCADE", name: "Cascade", settings: { default_agent: "stand-in" } },
  });
  const params = { project: project.id };
  const report: Report = { confirmed: new Set(), inFlight: 0, refused: [] };
  const working: MachineAtWork[] = [];
  for (let index = 0; index < machines; index += 1) {
    const { token } = await system.call(createRegistrationToken, { params, body: {} });
    const { api_key: apiKey } = await system.call(registerServer, {
      body: {
        name: `machine-${index}`,
        registration_token: token,
        max_concurrent: 4,
        agents: [{ name: "stand-in", kind: "custom" }],
      },
    });
    working.push(new MachineAtWork({ url, apiKey, report, ...(onCompletionSent && { onCompletionSent }) }));
  }
  for (const machine of working) machine.start();
  return {
    projectId: project.id,
    report,
    /** Begins all at once: every task delivers a contract to the two that wait for it. */
    begin: () => system.call(createPipeline, { params, body: { tasks: tasks() } }),
    async [Symbol.asyncDispose]() {
      await Promise.all(working.map((machine) => machine[Symbol.asyncDispose]()));
    },
  };
}

function tasks() {
  const name = (layer: number, place: number) => `t${layer}-${place % WIDTH}`;
  return Array.from({ length: TASKS }, (_, index) => {
    const layer = Math.floor(index / WIDTH);
    const place = index % WIDTH;
    const upstream = layer === 0 ? [] : [name(layer - 1, place), name(layer - 1, place + 1)];
    return {
      id: name(layer, place),
      title: `Layer ${layer}, place ${place}`,
      spec: "Deliver `out`.",
      structured_spec: { expected_output: { contracts: [{ key: "out" }] } },
      depends_on: upstream.map((task, at) => ({
        task,
        dependency_type: "input" as const,
        contract_key: "out",
        alias: `from_${at}`,
      })),
    };
  });
}

interface Tally {
  status: string;
  tasks: number;
}

export const tally = (sql: Sql, projectId: string): Promise<Tally[]> =>
  sql.query<Tally>("select status::text, count(*)::int as tasks from tasks where project_id = $1 group by 1", [
    projectId,
  ]);

/** Everything is done, once; nothing that happened is missing or told twice. */
export async function expectWhole(pool: Parameters<typeof sqlOf>[0], projectId: string, report: Report): Promise<void> {
  const sql = sqlOf(pool);
  expect(await tally(sql, projectId)).toEqual([{ status: "done", tasks: TASKS }]);
  expect(report.confirmed.size, JSON.stringify(report.refused.slice(0, 5))).toBe(TASKS);

  const twice = await sql.query(
    "select task_id, count(*)::int as leases from engine.leases where project_id = $1 group by 1 having count(*) <> 1",
    [projectId],
  );
  expect(twice, "tasks that were started twice, or never").toEqual([]);
  const facts = await sql.query<{ event_type: string; facts: number; tasks: number }>(
    `select event_type, count(*)::int as facts, count(distinct task_id)::int as tasks from activity_log
     where project_id = $1 and event_type in ('task.created', 'task.started', 'task.completed') group by 1 order by 1`,
    [projectId],
  );
  const each = { facts: TASKS, tasks: TASKS };
  expect(facts).toEqual(
    ["task.completed", "task.created", "task.started"].map((event_type) => ({ event_type, ...each })),
  );

  const [order] = await sql.query<{ facts: number; last: number; unnumbered: number }>(
    `select count(position)::int as facts, max(position)::int as last,
       (count(*) - count(position))::int as unnumbered from activity_log`,
  );
  expect(order?.last, "a gap in the public order").toBe(order?.facts);
  expect(order?.unnumbered).toBe(0);

  const wrong = await sql.query(
    `select key from tasks where project_id = $1 and (blockers <> 0
       or (select count(*) from jsonb_object_keys(resolved_inputs))
         <> (select count(*) from task_dependencies d where d.task_id = tasks.id))`,
    [projectId],
  );
  expect(wrong, "tasks whose inputs are not what their upstreams delivered").toEqual([]);
  expect(await listCounterDifferences(sql)).toEqual([]);
}
