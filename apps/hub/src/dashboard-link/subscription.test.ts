import { randomUUID } from "node:crypto";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import { afterAll, beforeAll, expect, test } from "vitest";
import { actorOf, SYSTEM } from "../access/caller.ts";
import type { Statement } from "../db/transaction.ts";
import type { FakeViewer } from "../testing/fake-viewer.ts";
import { createTestDatabase, type TestDatabase } from "../testing/test-database.ts";
import { startTestLinks, type TestLinks } from "../testing/test-links.ts";

let database: TestDatabase;
let links: TestLinks;

beforeAll(async () => {
  database = await createTestDatabase();
  links = await startTestLinks(database.url);
});
afterAll(async () => {
  await links[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const fact = (project_id: ProjectId, n: number) =>
  ({ type: "project.updated", project_id, actor: actorOf(SYSTEM), details: { n } }) as const;

const numbers = (viewer: FakeViewer): unknown[] =>
  viewer.frames.flatMap((frame) => (frame.type === "activity" ? [frame.activity.details.n] : []));

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

test("facts come as they happen; of other topics none", async () => {
  const projectId = await links.addProject();
  const other = await links.addProject();
  const person = await links.addPerson(projectId);
  await using viewer = await links.viewer(person.token);
  viewer.send({ type: "subscribe", topic: `project:${projectId}` });
  await viewer.next("caught_up");
  await links.record(fact(other, 7), fact(projectId, 0));
  const { activity } = await viewer.next("activity");
  expect(activity).toMatchObject({ event_type: "project.updated", project_id: projectId, details: { n: 0 } });
  viewer.send({ type: "unsubscribe", topic: `project:${projectId}` });
  viewer.send({ type: "subscribe", topic: `project:${projectId}` });
  await viewer.next("caught_up");
  await links.record(fact(projectId, 1));
  await viewer.next("activity");
  expect(numbers(viewer)).toEqual([0, 1]);
});

test("a session's facts and a task's come in the form that names them", async () => {
  const { daemon, session, projectId } = await links.stage();
  const person = await links.addPerson(projectId);
  await using viewer = await links.viewer(person.token);
  viewer.send({ type: "subscribe", topic: `session:${session.id}`, after: 0 });
  viewer.send({ type: "subscribe", topic: "inbox" });
  await viewer.next("caught_up", ({ topic }) => topic === "inbox");
  daemon.status(session.id, "waiting");
  const said = await viewer.next("session_event", ({ event }) => event === "session.agent_status_changed");
  expect(said).toMatchObject({ session_id: session.id, project_id: projectId, details: { agent_status: "waiting" } });
  const task_id = randomUUID();
  const details = { intervention_id: randomUUID(), question: "Which port?" };
  await links.record({ type: "intervention.raised", project_id: projectId, task_id, actor: actorOf(SYSTEM), details });
  expect(await viewer.next("task_event")).toMatchObject({ event_type: "intervention.raised", task_id, details });
  const events = viewer.frames.flatMap((frame) => (frame.type === "session_event" ? [frame.event] : []));
  expect(events).toEqual(["session.created", "session.started", "session.agent_status_changed"]);
  await daemon[Symbol.asyncDispose]();
});

test("the inbox holds what the viewer may see, and a fact that two topics share comes once", async () => {
  const projectId = await links.addProject();
  const foreign = await links.addProject();
  const person = await links.addPerson(projectId);
  await using viewer = await links.viewer(person.token);
  viewer.send({ type: "subscribe", topic: "inbox" });
  viewer.send({ type: "subscribe", topic: `project:${projectId}` });
  await viewer.next("caught_up", ({ topic }) => topic !== "inbox");
  const raised = (project_id: ProjectId, question: string) =>
    ({
      type: "intervention.raised",
      project_id,
      actor: actorOf(SYSTEM),
      details: { intervention_id: randomUUID(), question },
    }) as const;
  await links.record(raised(foreign, "theirs"), raised(projectId, "ours"), fact(projectId, 0));
  await viewer.next("activity", ({ activity }) => activity.details.n === 0);
  const questions = viewer.frames.flatMap((frame) =>
    frame.type === "activity" ? [frame.activity.details.question] : [],
  );
  expect(questions).toEqual(["ours", undefined]);
});

test("a replay tells everything behind the position, in order, over several pages", async () => {
  const projectId = await links.addProject();
  const person = await links.addPerson(projectId);
  await links.record(...upTo(1_234).map((n) => fact(projectId, n)));
  await links.settled();
  await using viewer = await links.viewer(person.token);
  viewer.send({ type: "subscribe", topic: `project:${projectId}`, after: 0 });
  const { position } = await viewer.next("caught_up");
  expect(numbers(viewer)).toEqual(upTo(1_234));
  expect(position).toBe(links.bus.position);
});

// With one page, whoever begins to listen behind the reading misses them; with two, the second page holds them already.
test.each([100, 600])("facts recorded while a replay of %i is read come behind it, each once", async (missed) => {
  const projectId = await links.addProject();
  const person = await links.addPerson(projectId);
  await links.record(...upTo(missed).map((n) => fact(projectId, n)));
  await links.settled();
  await using viewer = await links.viewer(person.token);
  const reading = holdFirstPage();
  viewer.send({ type: "subscribe", topic: `project:${projectId}`, after: 0 });
  await reading.read;
  await links.record(...upTo(50).map((n) => fact(projectId, missed + n)));
  await links.settled();
  reading.letGo();
  await viewer.next("caught_up");
  await links.record(fact(projectId, missed + 50));
  await viewer.next("activity", ({ activity }) => activity.details.n === missed + 50);
  expect(numbers(viewer)).toEqual(upTo(missed + 51));
});

/** The first page of a replay is read from the database, and handed on only when it is let go. */
function holdFirstPage() {
  const { sql } = links.database;
  const { query } = sql;
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const read = new Promise<void>((resolve) => {
    sql.query = async <Row>(statement: Statement, values?: unknown[]) => {
      const rows = await query<Row>(statement, values);
      if (typeof statement !== "string" || !statement.includes("from activity_log a")) return rows;
      sql.query = query;
      resolve();
      await held;
      return rows;
    };
  });
  return { read, letGo: () => letGo() };
}
