import { Completion, HelpRequest, NewTask } from "@orchestratia/protocol/tasks";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { addNote } from "../notes/add-note.ts";
import { statusReported } from "../sessions/session-screen.ts";
import { assignTask } from "../tasks/assign-task.ts";
import { cancelTask } from "../tasks/cancel-task.ts";
import { completeTask } from "../tasks/complete-task.ts";
import { createTask } from "../tasks/create-task.ts";
import { failTask } from "../tasks/fail-task.ts";
import { helpTask } from "../tasks/help-task.ts";
import { requeueTask } from "../tasks/requeue-task.ts";
import { startTask } from "../tasks/start-task.ts";
import { updateTask } from "../tasks/update-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine, type TestServerRow } from "../testing/test-engine.ts";

const finished = Completion.parse({ result: { summary: "It works" } });
const reportsOn = (server: TestServerRow) =>
  server.frames.flatMap((frame) =>
    frame.type === "task_status_update" ? [[frame.title, frame.status, frame.summary]] : [],
  );
const notesOn = (server: TestServerRow) =>
  server.frames.flatMap((frame) => (frame.type === "task_note" ? [[frame.session_id, frame.content]] : []));

/** A server with an orchestrating session and a worker. */
async function place(hub: TestEngine) {
  const project = await hub.addProject({ auto_start_sessions: false });
  const server = await hub.addServer(project, { agents: ["claude"] });
  const creator = { ...(await hub.addSession(project, server, "claude")), role: "orchestrator" } as const;
  const worker = await hub.addSession(project, server, "claude");
  async function begun(title: string): Promise<string> {
    const task = NewTask.parse({ title, spec: "Do it.", auto_assign: false });
    const { taskId } = await createTask(hub.engine, creator, project, task);
    await assignTask(hub.engine, SYSTEM, taskId, { session_id: worker.id });
    await hub.settled();
    await startTask(hub.engine, worker, taskId);
    return taskId;
  }
  return { project, server, creator, worker, begun };
}

test("the session that created a task hears what became of it when it is at its prompt, once, also after the hub's death", async () => {
  await using database = await createTestDatabase();
  const before = await (async () => {
    await using hub = await openTestEngine(database.url);
    const { server, creator, worker, begun } = await place(hub);
    await hub.sessionReports(creator.id, "working");
    await completeTask(hub.engine, worker, await begun("First"), finished);
    await failTask(hub.engine, worker, await begun("Second"), "No\ndatabase");
    await helpTask(hub.engine, worker, await begun("Third"), {
      question: "Which one?",
      intervention_type: "help",
    });
    await hub.settled();
    expect(reportsOn(server)).toEqual([]);
    return { server, creator };
  })();
  await using hub = await openTestEngine(database.url);
  await hub.loadSessions();
  await hub.engine.start();
  const again = hub.connect(before.server.id);
  await hub.sessionReports(before.creator.id, "idle");
  await hub.settled();
  const told = [
    ["First", "done", "It works"],
    ["Second", "failed", "No database"],
    ["Third", "needs_human", "Which one?"],
  ];
  expect(reportsOn(again)).toEqual(told);
  await hub.engine.rederive();
  await hub.settled();
  expect(reportsOn(again)).toEqual(told);
});

test("what was to be told to a session that has ended has failed", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { creator, worker, begun } = await place(hub);
  await hub.sessionReports(creator.id, "working");
  await completeTask(hub.engine, worker, await begun("First"), finished);
  await hub.settled();
  await hub.sessionEnds(creator.id);
  await hub.settled();
  const rows = await hub.sql.query("select delivery from engine.creator_messages");
  expect(rows).toEqual([{ delivery: "failed" }]);
});

test("who did it itself is not told", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server, worker } = await place(hub);
  const { taskId } = await createTask(
    hub.engine,
    { ...worker, role: "orchestrator" },
    project,
    NewTask.parse({ title: "Own", spec: "Do it.", auto_assign: false }),
  );
  await assignTask(hub.engine, SYSTEM, taskId, { session_id: worker.id });
  await hub.settled();
  await startTask(hub.engine, worker, taskId);
  await completeTask(hub.engine, worker, taskId, finished);
  await hub.settled();
  expect(reportsOn(server)).toEqual([]);
});

test("the word to stop reaches the session that had the task, wherever the task is by then", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { server, worker, begun } = await place(hub);
  const task = await begun("First");
  await hub.sessionIsMissing(worker.id, "disconnected");
  await requeueTask(hub.engine, SYSTEM, task, "it is needed elsewhere");
  await hub.settled();
  expect(notesOn(server)).toEqual([]);
  await hub.sessionReports(worker.id, "working");
  await hub.settled();
  expect(notesOn(server)).toEqual([[worker.id, expect.stringContaining("Stop working on it")]]);
});

test("a note that nobody can be told any more has failed, and says so", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { worker, begun } = await place(hub);
  const task = await begun("First");
  await hub.sessionReports(worker.id, "working");
  const { delivery } = await addNote(hub.engine, SYSTEM, task, { content: "By the way", urgent: false });
  expect(delivery).toBe("queued");
  await cancelTask(hub.engine, SYSTEM, task);
  await hub.sessionReports(worker.id, "waiting");
  await hub.sessionEnds(worker.id);
  await hub.settled();
  const rows = await hub.sql.query("select content, delivery from task_notes order by id");
  expect(rows).toMatchObject([{ content: "By the way", delivery: "failed" }, { delivery: expect.any(String) }]);
});

test("words of others are typed as one clean line of at most 4 KB", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { server, worker, begun } = await place(hub);
  const task = await begun("First");
  await addNote(hub.engine, SYSTEM, task, { content: `\x1b[2Jone\r\ntwo\x03 ${"x".repeat(9_000)}`, urgent: true });
  await hub.settled();
  const [[, content = ""] = []] = notesOn(server) as [string, string][];
  expect(content).toMatch(/^\[2Jone two x+…$/);
  expect(Buffer.byteLength(content)).toBeLessThanOrEqual(4_000);
  expect(worker.id).toBeDefined();
});

test("a session that asks another one is named without what a terminal would act on", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { server, creator, worker, begun } = await place(hub);
  const task = await begun("First");
  await hub.sql.query("update sessions set name = $2 where id = $1", [worker.id, "a\x1b[2J\nrm -rf .\r"]);
  const question = "Which\x03 one?\nNow.";
  const request = HelpRequest.parse({ question, intervention_type: "question", target_session_id: creator.id });
  await helpTask(hub.engine, worker, task, request);
  await hub.settled();
  expect(server.frames.filter(({ type }) => type === "intervention_for_session")).toMatchObject([
    {
      session_id: creator.id,
      source: "a [2J rm -rf .",
      question: expect.stringMatching(/^Which one\? Now\. \(Answer/),
    },
  ]);
});

test("an ordinary note waits until its session has printed nothing for five seconds", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { server, worker, begun } = await place(hub);
  const task = await begun("First");
  hub.sessions.get(worker.id)?.output.append(Buffer.from("still printing"));
  await addNote(hub.engine, SYSTEM, task, { content: "Later", urgent: false });
  await addNote(hub.engine, SYSTEM, task, { content: "Now", urgent: true });
  await hub.settled();
  expect(notesOn(server).map(([, content]) => content)).toEqual(["Now"]);
});

test("where the screen is all that is known, nothing is typed behind a line that its agent has yet to react to", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject({ auto_start_sessions: false });
  const server = await hub.addServer(project);
  const worker = await hub.addSession(project, server, "claude");
  const session = hub.sessions.get(worker.id);
  if (!session) throw new Error("the session is gone");
  session.launched = true;
  const task = await hub.addTask(project, { auto_assign: false });
  await assignTask(hub.engine, SYSTEM, task, { session_id: worker.id });
  await hub.settled();
  expect(session.typedInto).toBe(true);
  await addNote(hub.engine, SYSTEM, task, { content: "By the way", urgent: false });
  await hub.settled();
  expect(notesOn(server)).toEqual([]);
  // Its daemon turns out to say itself what the agent does.
  await statusReported(hub.sessionHub, session, "working");
  session.typedInto = false;
  await statusReported(hub.sessionHub, session, "idle");
  await hub.settled();
  expect(notesOn(server)).toEqual([[worker.id, "By the way"]]);
});

test("a changed spec is told to a session at work when it is at its prompt, once", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { server, worker, begun } = await place(hub);
  const task = await begun("First");
  await hub.sessionReports(worker.id, "waiting");
  await updateTask(hub.engine, SYSTEM, task, { spec: "Do it twice." });
  await hub.settled();
  const told = () => server.frames.flatMap((frame) => (frame.type === "task_updated" ? [frame.spec] : []));
  expect(told()).toEqual([]);
  await hub.sessionReports(worker.id, "idle");
  await hub.settled();
  await hub.engine.rederive();
  await hub.settled();
  expect(told()).toEqual(["Do it twice."]);
});
