import { Completion } from "@orchestratia/protocol/tasks";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { addNote } from "../notes/add-note.ts";
import { assignTask } from "../tasks/assign-task.ts";
import { completeTask } from "../tasks/complete-task.ts";
import { failTask } from "../tasks/fail-task.ts";
import { listTasks } from "../tasks/list-tasks.ts";
import { startTask } from "../tasks/start-task.ts";
import { updateTask } from "../tasks/update-task.ts";
import { createTestDatabase, type TestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { until } from "../testing/until.ts";
import { type SearchPage, searchTasks } from "./search-tasks.ts";

let database: TestDatabase;
let on: TestEngine;
let project: ProjectId;
beforeAll(async () => {
  database = await createTestDatabase();
  on = await openTestEngine(database.url);
  project = await on.addProject();
  await on.addTask(await on.addProject(), { title: "Deploy the payments of somebody else", auto_assign: false });
  for (const task of TASKS) await on.addTask(project, { auto_assign: false, ...task });
  await readIn();
});
afterAll(async () => {
  await on[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const TASKS = [
  { title: "Deploy the payments service", spec: "Roll it out behind a flag.", labels: ["ops"] },
  { title: "Fix login", spec: "Deploying fails when the `user_id` in src/auth/session.ts is empty.", priority: "high" },
  { title: "Write the changelog", spec: "Everything since the last release, in plain words.", labels: ["docs"] },
  { title: "Zahlungen auf Größe prüfen", spec: "Beträge über 100 € brauchen eine Prüfung." },
  { title: "Remove the old dashboard", spec: "Nobody opens it; keep the payments page.", labels: ["ops", "cleanup"] },
];

/** Everything that was recorded is in its order, and what tasks are found by has caught up. */
async function readIn() {
  await on.settled();
  await on.engine.rederive();
  await on.settled();
}
const search = (q: string, more: Partial<SearchPage> = {}) =>
  searchTasks(on.engine, project, { q, limit: 20, ...more });
const titles = async (q: string, more: Partial<SearchPage> = {}) =>
  (await search(q, more)).hits.map(({ task }) => task.title);
const [DEPLOY, LOGIN, CHANGELOG, GERMAN, DASHBOARD] = TASKS.map(({ title }) => title);

describe("what is found", () => {
  test.each<[what: string, q: string, found: (string | undefined)[]]>([
    ["a word of the title before one of the spec", "deploy", [DEPLOY, LOGIN]],
    ["another form of the word", "deployed", [DEPLOY, LOGIN]],
    ["the beginning of the last word", "payments ser", [DEPLOY]],
    ["a word of the spec", "flag", [DEPLOY]],
    ["a part of a path or a name in code", "session.ts", [LOGIN]],
    ["such a name whole", "user_id", [LOGIN]],
    ["a label", "cleanup", [DASHBOARD]],
    ["one or the other", "changelog or flag", [CHANGELOG, DEPLOY]],
    ["one and not the other", "payments -dashboard", [DEPLOY]],
    ["a phrase", '"old dashboard"', [DASHBOARD]],
    ["not the words in another order", '"dashboard old"', []],
    ["other letters than English ones", "größ", [GERMAN]],
  ])("%s: %s", async (_what, q, found) => {
    expect((await titles(q)).sort()).toEqual([...found].sort());
    expect((await listTasks(on.engine, project, { q, limit: 20 })).tasks.map(({ title }) => title).sort()).toEqual(
      [...found].sort(),
    );
  });

  test("the title counts most, and a task's own key before everything", async () => {
    expect(await titles("deploy")).toEqual([DEPLOY, LOGIN]);
    const [hit] = (await search("deploy")).hits;
    const again = await search(hit?.task.key ?? "");
    expect(again.hits[0]?.task.title).toBe(DEPLOY);
    expect(again.similar).toBe(false);
  });

  test("a slip of the pen finds what looks like it, and says so; nonsense finds nothing", async () => {
    const slip = await search("paymnets");
    expect([slip.similar, slip.hits[0]?.task.title]).toEqual([true, DEPLOY]);
    expect((await listTasks(on.engine, project, { q: "paymnets", limit: 9 })).tasks.map(({ title }) => title)).toEqual([
      DEPLOY,
    ]);
    expect(await titles("ashboar")).toEqual([DASHBOARD]);
    expect(await titles("xyzzyplugh")).toEqual([]);
  });

  test("filters combine with the words", async () => {
    expect(await titles("payments", { label: ["ops"] })).toHaveLength(2);
    expect(await titles("payments", { label: ["ops", "cleanup"] })).toEqual([DASHBOARD]);
    expect(await titles("deploy", { priority: ["high"] })).toEqual([LOGIN]);
    expect(await titles("deploy", { status: ["done"] })).toEqual([]);
  });

  test("the snippet shows the words where they stand, in parts", async () => {
    const [hit] = (await search("flag")).hits;
    expect(hit?.snippet.find(({ match }) => match)?.text).toBe("flag");
    expect(hit?.snippet.map(({ text }) => text).join("")).toContain("Roll it out behind a flag");
  });
});

test("what is written later is found within a second, by nobody's doing: notes, results, another title", async () => {
  const server = await on.addServer(project);
  const worker = await on.addSession(project, server, "shell");
  const task = await on.addTask(project, { title: "Quiet one", auto_assign: false });
  const isFound = async (q: string) => (await search(q)).hits.some((hit) => hit.task.id === task);
  await until(() => isFound("quiet"));
  await addNote(on.engine, SYSTEM, task, { content: "Mind the aubergine.", urgent: false });
  await updateTask(on.engine, SYSTEM, task, { title: "Loud one" });
  await until(async () => (await isFound("aubergine")) && (await isFound("loud")));
  await assignTask(on.engine, SYSTEM, task, { session_id: worker.id });
  await startTask(on.engine, worker, task);
  const result = { summary: "Planted.", contracts: { crop: ["artichoke"] } };
  await completeTask(on.engine, worker, task, Completion.parse({ result }));
  await until(() => isFound("artichoke"));
});

test("a task is found by what it failed with", async () => {
  const task = await on.addTask(project, { title: "Doomed one", auto_assign: false });
  const worker = await on.addSession(project, await on.addServer(project), "shell");
  await assignTask(on.engine, SYSTEM, task, { session_id: worker.id });
  await startTask(on.engine, worker, task);
  // So that nothing of what came before brings the words in.
  await readIn();
  await failTask(on.engine, worker, task, "The rhubarb is not ripe.");
  await until(async () => (await search("rhubarb")).hits.some((hit) => hit.task.id === task));
});

test("pages follow one another and hold every hit once, best first", async () => {
  const many = await on.addProject();
  for (let n = 0; n < 7; n += 1) {
    await on.addTask(many, { auto_assign: false, title: `Widget ${n}`, spec: "widget ".repeat(1 + (n % 3)) });
  }
  await readIn();
  const all = (await searchTasks(on.engine, many, { q: "widget", limit: 50 })).hits;
  expect(all).toHaveLength(7);
  expect(all.map(({ rank }) => rank)).toEqual(all.map(({ rank }) => rank).sort((left, right) => right - left));
  const seen: string[] = [];
  let after: string | undefined;
  do {
    const page = await searchTasks(on.engine, many, { q: "widget", limit: 2, after });
    seen.push(...page.hits.map(({ task }) => task.id));
    after = page.next ?? undefined;
  } while (after !== undefined);
  expect(seen).toEqual(all.map(({ task }) => task.id));
  await expect(search("widget", { after: "bm9wZQ" })).rejects.toMatchObject({ code: "invalid_request" });
});

test("no text is an error", { timeout: 60_000 }, async () => {
  const odd = [
    "'",
    '"',
    "\\",
    "a & | !",
    ":*",
    "<->",
    "((",
    "%_",
    "or",
    "-",
    '-"',
    "\u0001",
    "🦄",
    "a".repeat(400),
    "𝟙:*",
    "'':*",
  ];
  const typed = fc.array(fc.constantFrom(..."ab1'\"\\-|&!:*()<> ör\u0301%_,🦄"), { maxLength: 30 });
  for (const q of odd) expect((await search(q)).hits.length, q).toBeLessThan(50);
  await fc.assert(
    fc.asyncProperty(typed, async (characters) => {
      const { hits } = await search(characters.join(""));
      expect(hits.length).toBeLessThan(50);
    }),
    { numRuns: 150 },
  );
});

test("a task with more words than can be kept is found by the beginning of its texts", async () => {
  // Three bytes a character, and no word twice: spec, result and all come to more than a vector's megabyte.
  const wordsFrom = (first: number) =>
    Array.from({ length: 40_000 }, (_, n) => {
      const at = first + n;
      return String.fromCodePoint(0x4e00 + (at % 20_000), 0x4e00 + Math.floor(at / 20_000), 0x4e10);
    }).join(" ");
  const task = await on.addTask(project, { title: "Long", auto_assign: false });
  await on.sql.query("update tasks set spec = $2, result = $3 where id = $1", [
    task,
    `Kumquat. ${wordsFrom(0)}`,
    JSON.stringify({ summary: wordsFrom(100_000), more: wordsFrom(200_000) }),
  ]);
  await updateTask(on.engine, SYSTEM, task, { title: "Longer" });
  await readIn();
  expect((await search("kumquat")).hits.map(({ task: { id } }) => id as string)).toEqual([task]);
  expect(await titles("longer")).toEqual(["Longer"]);
});

test("tasks that were there before anything followed them are read in at the start", async () => {
  await on.sql.query("delete from engine.task_search");
  await on.sql.query("delete from engine.cursors where consumer = 'task_search'");
  await using another = await openTestEngine(database.url);
  await another.engine.rederive();
  await until(async () => (await titles("changelog")).length > 0);
  expect(await titles("changelog")).toEqual([CHANGELOG]);
});
