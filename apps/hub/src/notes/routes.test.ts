import * as agents from "@orchestratia/protocol/operations/agents";
import * as activity from "@orchestratia/protocol/operations/people";
import * as people from "@orchestratia/protocol/operations/people-tasks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { openTestTeam, type TestTeam } from "../testing/test-team.ts";
import { until } from "../testing/until.ts";

let hub: TestHub;
let team: TestTeam;

beforeAll(async () => {
  hub = await startTestHub();
  team = await openTestTeam({ url: hub.url, admin: await hub.admin() });
});
afterAll(async () => {
  await team[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

test("people and agents write to one thread, oldest first", async () => {
  const task = await team.addTask();
  const worker = await team.startAgent();
  const params = { project: team.project, task: task.key };
  const first = await team.admin.call(people.addNote, { params, body: { content: "From a person" } });
  expect(first).toMatchObject({ content: "From a person", urgent: false, delivery: null });
  const second = await worker.client.call(agents.agentAddNote, { params, body: { content: "From an agent" } });
  expect(second.author).toBe(worker.name);
  const { notes } = await team.admin.call(people.listNotes, { params });
  expect(notes).toEqual([first, second]);
  expect(await team.server.call(agents.agentListNotes, { params })).toEqual(notes);
  const { recent_notes } = await team.admin.call(people.viewTask, { params });
  expect(recent_notes).toEqual(notes);
});

test("a note waits for the session that works on the task, but not for its own writer", async () => {
  const worker = await team.startAgent();
  const task = await team.give(await team.addTask(), worker);
  const params = { project: team.project, task: task.key };
  const own = await worker.client.call(agents.agentAddNote, { params, body: { content: "Thinking aloud" } });
  expect(own.delivery).toBeNull();
  const told = await team.admin.call(people.addNote, { params, body: { content: "Mind the gap", urgent: true } });
  expect(told).toMatchObject({ delivery: "queued", urgent: true });
  await team.admin.call(people.cancelTask, { params });
  const late = await team.admin.call(people.addNote, { params, body: { content: "Never mind" } });
  expect(late.delivery).toBeNull();
});

test("notes are read behind a known one, a few at a time, and by urgency and delivery, by people and agents", async () => {
  const task = await team.addTask();
  const params = { project: team.project, task: task.key };
  for (let n = 1; n <= 5; n += 1) {
    await team.admin.call(people.addNote, { params, body: { content: `${n}`, urgent: n === 4 } });
  }
  await hub.database.sql.query("update task_notes set delivery = 'failed' where task_id = $1 and content = '2'", [
    task.id,
  ]);
  const { notes } = await team.admin.call(people.listNotes, { params });
  const second = notes[1]?.id ?? 0;
  const cases: [query: Record<string, unknown>, found: string[]][] = [
    [{}, ["1", "2", "3", "4", "5"]],
    [{ after: second }, ["3", "4", "5"]],
    [{ after: second, limit: 2 }, ["3", "4"]],
    [{ limit: 2 }, ["4", "5"]],
    [{ urgent: "true" }, ["4"]],
    [{ urgent: "false", after: second }, ["3", "5"]],
    [{ delivery: "failed" }, ["2"]],
  ];
  for (const [query, found] of cases) {
    const seen = await team.admin.call(people.listNotes, { params, query });
    expect(
      seen.notes.map(({ content }) => content),
      JSON.stringify(query),
    ).toEqual(found);
    expect(await team.server.call(agents.agentListNotes, { params, query })).toEqual(seen.notes);
  }
});

test("a note is a fact of the project", async () => {
  const task = await team.addTask();
  const params = { project: team.project, task: task.key };
  const note = await team.admin.call(people.addNote, { params, body: { content: "For the record" } });
  const query = { task: task.key, event_type: "note.added" };
  const facts = async () => (await team.admin.call(activity.listActivity, { params, query })).activity;
  await until(async () => (await facts()).length > 0);
  expect(await facts()).toEqual([
    expect.objectContaining({
      event_type: "note.added",
      task_id: task.id,
      details: expect.objectContaining({ content: "For the record", note_id: note.id }),
    }),
  ]);
});
