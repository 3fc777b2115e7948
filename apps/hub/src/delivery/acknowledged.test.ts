import type { HubFrame } from "@orchestratia/protocol/server-link";
import { HelpRequest } from "@orchestratia/protocol/tasks";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { respondIntervention } from "../interventions/respond-intervention.ts";
import { addNote } from "../notes/add-note.ts";
import { assignTask } from "../tasks/assign-task.ts";
import { helpTask } from "../tasks/help-task.ts";
import { startTask } from "../tasks/start-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";

const idOf = (frame: HubFrame) => ("delivery_id" in frame ? frame.delivery_id : undefined);
const idsIn = (frames: readonly HubFrame[]) => frames.map(idOf).filter((id) => id !== undefined);

/** A worker at its prompt, on a server whose daemon speaks version 2. */
async function place(hub: TestEngine) {
  const project = await hub.addProject({ auto_start_sessions: false });
  let server = await hub.addServer(project, { agents: ["claude"] });
  const worker = await hub.addSession(project, server, "claude");
  const relink = async () => {
    hub.disconnect(server.id);
    await hub.sessionIsMissing(worker.id, "disconnected");
    server = hub.connect(server.id, () => {}, { version: 2 });
    hub.engine.delivery.serverConnected(server.id);
    await hub.sessionReports(worker.id, "idle");
    await hub.settled();
    return server.frames;
  };
  await relink();
  const id = await hub.addTask(project, { auto_assign: false });
  await assignTask(hub.engine, SYSTEM, id, { session_id: worker.id });
  await hub.settled();
  return {
    id,
    worker,
    relink,
    frames: () => server.frames,
    say: async (delivery_id: string, state: "delivered" | "deferred" | "failed") => {
      hub.engine.delivery.answered(server.id, { type: "delivery", delivery_id, session_id: worker.id, state });
      await hub.settled();
    },
    again: async () => {
      await hub.engine.delivery.rederive();
      await hub.settled();
    },
  };
}

const stateOf = async (hub: TestEngine, table: "task_notes" | "interventions") =>
  (await hub.sql.query<{ delivery: string }>(`select delivery from ${table} order by created_at`)).map(
    ({ delivery }) => delivery,
  );

test("a message is delivered when the daemon says that it was typed, and is sent once until then", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { id, worker, frames, say, again } = await place(hub);
  await startTask(hub.engine, worker, id);
  const { intervention_id } = await helpTask(
    hub.engine,
    worker,
    id,
    HelpRequest.parse({ question: "May I?", intervention_type: "help" }),
  );
  await respondIntervention(hub.engine, SYSTEM, intervention_id, "Yes");
  await hub.settled();
  await addNote(hub.engine, SYSTEM, id, { content: "By the way", urgent: false });
  await hub.settled();
  const [assigned, answer, note] = idsIn(frames());
  expect([assigned, answer, note]).toEqual([
    expect.stringMatching(`^task:${id}:`),
    `answer:${intervention_id}`,
    expect.stringMatching(/^note:\d+$/),
  ]);
  await say(String(note), "deferred");
  await again();
  expect(idsIn(frames())).toHaveLength(3);
  expect([await stateOf(hub, "interventions"), await stateOf(hub, "task_notes")]).toEqual([["queued"], ["queued"]]);
  await say(String(answer), "delivered");
  await say(String(note), "delivered");
  expect([await stateOf(hub, "interventions"), await stateOf(hub, "task_notes")]).toEqual([
    ["delivered"],
    ["delivered"],
  ]);
});

test("over a new link what was not acknowledged comes again with the same id and without a mark, the rest does not", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { id, worker, frames, relink, say } = await place(hub);
  await startTask(hub.engine, worker, id);
  await addNote(hub.engine, SYSTEM, id, { content: "One", urgent: false });
  await addNote(hub.engine, SYSTEM, id, { content: "Two", urgent: false });
  await hub.settled();
  const [, one, two] = idsIn(frames());
  await say(String(one), "delivered");
  const later = await relink();
  expect(idsIn(later)).toEqual([two]);
  expect(later.flatMap((frame) => (frame.type === "task_note" ? [frame.content] : []))).toEqual(["Two"]);
});

test("an assignment keeps its id over links; one that could not be typed is given again", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { frames, relink, say, again } = await place(hub);
  const [first] = idsIn(frames());
  const later = await relink();
  expect(idsIn(later)).toEqual([first]);
  await again();
  expect(idsIn(later)).toEqual([first]);
  await say(String(first), "failed");
  await again();
  expect(idsIn(later)).toEqual([first, first]);
});

test("a daemon answers for messages of its own server only", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { id, worker, frames } = await place(hub);
  await startTask(hub.engine, worker, id);
  await addNote(hub.engine, SYSTEM, id, { content: "Mine", urgent: false });
  await hub.settled();
  const note = idsIn(frames()).at(-1) as string;
  const other = await hub.addServer(await hub.addProject());
  hub.engine.delivery.answered(other.id, {
    type: "delivery",
    delivery_id: note,
    session_id: worker.id,
    state: "delivered",
  });
  await hub.settled();
  expect(await stateOf(hub, "task_notes")).toEqual(["queued"]);
});
