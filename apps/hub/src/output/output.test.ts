import { Completion } from "@orchestratia/protocol/tasks";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { assignTask } from "../tasks/assign-task.ts";
import { cancelTask } from "../tasks/cancel-task.ts";
import { completeTask } from "../tasks/complete-task.ts";
import { startTask } from "../tasks/start-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { addOutput } from "./add-output.ts";
import { listOutput } from "./queries.ts";

const done = Completion.parse({ result: "done" });

async function place(hub: TestEngine) {
  const project = await hub.addProject();
  const server = await hub.addServer(project);
  const session = await hub.addSession(project, server);
  const print = (text: string) => hub.sessions.get(session.id)?.output.append(Buffer.from(text));
  const begin = async () => {
    const id = await hub.addTask(project, { auto_assign: false });
    await assignTask(hub.engine, SYSTEM, id, { session_id: session.id });
    await startTask(hub.engine, session, id);
    await hub.settled();
    return id;
  };
  const read = async (id: string, page: { after?: number; limit?: number; stream?: "stdout" | "tail" } = {}) =>
    listOutput(hub.sql, id, { after: 0, limit: 50, ...page });
  return { project, server, session, print, begin, read };
}

test("a worker's output is kept in order, in pages, by stream, and is its own", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server, session, begin, read } = await place(hub);
  const id = await begin();
  const other = await hub.addSession(project, server);
  for (const [stream, content] of [
    ["stdout", "one\n"],
    ["stderr", "oh\n"],
    ["stdout", "two\n"],
  ] as const) {
    await addOutput(hub.engine, session, id, { stream, content });
  }
  await expect(addOutput(hub.engine, other, id, { stream: "stdout", content: "x" })).rejects.toMatchObject({
    code: "not_the_worker",
  });
  const all = await read(id);
  expect(all.output.map(({ seq, stream, content, epoch }) => [seq, stream, content, epoch])).toEqual([
    [1, "stdout", "one\n", 1],
    [2, "stderr", "oh\n", 1],
    [3, "stdout", "two\n", 1],
  ]);
  expect(all.next).toBeNull();
  const first = await read(id, { limit: 2 });
  expect([first.output.map(({ seq }) => seq), first.next]).toEqual([[1, 2], 2]);
  expect((await read(id, { after: 2 })).output.map(({ seq }) => seq)).toEqual([3]);
  expect((await read(id, { stream: "stdout" })).output.map(({ seq }) => seq)).toEqual([1, 3]);

  // What a verify command says comes after the result; the next attempt's is another's.
  await completeTask(hub.engine, session, id, done);
  await addOutput(hub.engine, session, id, { stream: "stdout", content: "verified\n" });
  expect((await read(id, { after: 3 })).output).toMatchObject([{ content: "verified\n" }]);
});

test("pieces that come at once are numbered one after the other", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { session, begin, read } = await place(hub);
  const id = await begin();
  const add = (content: string) => () => addOutput(hub.engine, session, id, { stream: "stdout", content });
  const outcomes = await hub.race(
    "select id from tasks where id = $1 for update",
    [id],
    [add("a"), add("b"), add("c")],
  );
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "fulfilled"]);
  expect((await read(id)).output.map(({ seq }) => seq)).toEqual([1, 2, 3]);
});

test("one task's output has an end", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { session, begin } = await place(hub);
  const id = await begin();
  await hub.sql.query(
    `insert into task_output (project_id, task_id, seq, stream, content)
     select project_id, id, 1, 'stdout', repeat('x', 16 * 1024 * 1024 - 1) from tasks where id = $1`,
    [id],
  );
  await addOutput(hub.engine, session, id, { stream: "stdout", content: "y" });
  await expect(addOutput(hub.engine, session, id, { stream: "stdout", content: "z" })).rejects.toMatchObject({
    code: "body_too_large",
  });
});

test("when a task settles, the end of what its session showed since it began is kept once", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { session, print, begin, read } = await place(hub);
  print("what was there before\r\n");
  const id = await begin();
  print("\u001b[32mtests pass\u001b[0m\r\n50%\r100%\r\n");
  await completeTask(hub.engine, session, id, done);
  await hub.settled();
  await hub.engine.rederive();
  await hub.settled();
  expect((await read(id)).output).toMatchObject([{ stream: "tail", content: "tests pass\n100%", epoch: 1 }]);

  // The next task of the session keeps what is its own.
  const next = await begin();
  print("something else\r\n");
  await cancelTask(hub.engine, SYSTEM, next);
  await hub.settled();
  expect((await read(next)).output.map(({ content }) => content.split("\n")[0])).toEqual(["something else"]);
});

test("a task that nobody began, or whose session showed nothing, leaves nothing", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, session, begin, read } = await place(hub);
  const idle = await hub.addTask(project, { auto_assign: false });
  await cancelTask(hub.engine, SYSTEM, idle);
  const silent = await begin();
  await completeTask(hub.engine, session, silent, done);
  await hub.settled();
  expect([(await read(idle)).output, (await read(silent)).output]).toEqual([[], []]);
});
