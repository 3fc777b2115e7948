import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../testing/test-database.ts";
import { startTestLinks, type TestLinks } from "../testing/test-links.ts";
import { until } from "../testing/until.ts";
import { viewerScreen } from "../testing/viewer-screen.ts";

const KIB = 1024;
const ROUNDS = 60;

let database: TestDatabase;
let links: TestLinks;
/** The hub's ends of the viewers' sockets, in the order in which they came. */
const hubEnds: { writableLength: number }[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  links = await startTestLinks(database.url);
  links.app.server.on("connection", (socket) => hubEnds.push(socket));
});
afterAll(async () => {
  await links[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

/** 128 KiB of numbered lines in changing colours. */
const round = (n: number) => {
  let text = "";
  for (let line = 0; text.length < 128 * KIB; line += 1)
    text += `\x1b[3${line % 8}mround ${n}, line ${line}\x1b[0m\r\n`;
  return text;
};

test("of three viewers one stalls: the others get everything, it costs little, and stands in the end where they stand", async () => {
  const { daemon, session, projectId } = await links.exactStage();
  const { token } = await links.addPerson(projectId);
  await using one = await links.viewer(token);
  await using other = await links.viewer(token);
  await using stalled = await links.viewer(token);
  const stalledEnd = hubEnds.at(-1);
  for (const viewer of [one, other, stalled]) await viewer.attach(session.id);
  stalled.stall();
  let printed = 0;
  let most = 0;
  for (let n = 0; n < ROUNDS; n += 1) {
    const text = round(n);
    daemon.print(session.id, text);
    printed += text.length;
    await until(() => one.offset === printed && other.offset === printed);
    most = Math.max(most, stalledEnd?.writableLength ?? Number.POSITIVE_INFINITY);
  }
  expect(printed).toBeGreaterThan(6_000 * KIB);
  expect(one.output.length).toBe(printed);
  expect(other.output.length).toBe(printed);
  // The line was full, and stayed within bounds.
  expect(most).toBeGreaterThan(100 * KIB);
  expect(most).toBeLessThan(KIB * KIB);
  expect(one.terminal.filter(({ kind }) => kind === "snapshot")).toHaveLength(1);
  stalled.goOn();
  await until(() => stalled.offset === printed);
  expect(stalled.output.length).toBeLessThan(printed);
  expect(stalled.terminal.filter(({ kind }) => kind === "snapshot").length).toBeGreaterThan(1);
  daemon.print(session.id, "\x1b[2Ahere\r\n");
  printed += 10;
  await until(() => [one, other, stalled].every(({ offset }) => offset === printed));
  const screen = await viewerScreen(one);
  expect(screen.shown.join("\n")).toContain(`round ${ROUNDS - 1}, line `);
  expect(await viewerScreen(other)).toEqual(screen);
  expect(await viewerScreen(stalled)).toEqual(screen);
  await daemon[Symbol.asyncDispose]();
});
