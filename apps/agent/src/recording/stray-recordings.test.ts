import { existsSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { expect, test } from "vitest";
import { exitOf, testTerminals } from "../testing/test-terminals.ts";
import { waitFor } from "../testing/wait.ts";
import { listSegments, recordingFolder } from "./segment-file.ts";
import { StrayRecordings } from "./stray-recordings.ts";

const DAY = 24 * 60 * 60_000;
const log = pino({ level: "silent" });

type Sessions = ReturnType<typeof testTerminals>;

const straysOf = ({ terminals }: Sessions, serverIds: string[]) =>
  new StrayRecordings({ sessions: () => terminals.all(), serverIds: () => serverIds, log });

/** A segment that waits since so many days. */
function waiting(folder: string, segment: number, days: number): void {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${segment}-${segment * 10}-${segment * 10 + 10}.gz`);
  writeFileSync(path, "x");
  const at = new Date(Date.now() - days * DAY);
  utimesSync(path, at, at);
}

test("a segment that no hub has asked for in thirty days is given up; the session goes on", async () => {
  await using sessions = testTerminals();
  const terminal = await sessions.start("exec cat");
  const folder = recordingFolder(terminal.folder);
  waiting(folder, 7, 31);
  waiting(folder, 8, 29);
  waiting(folder, 9, 0);
  using strays = straysOf(sessions, []);
  strays.sweep();
  expect(listSegments(folder).map(({ segment }) => segment)).toEqual([8, 9]);
  strays.sweep(Date.now() + 365 * DAY);
  expect(sessions.terminals.get(terminal.id)).toBe(terminal);
  expect(terminal.exit).toBeNull();
});

test("an ended session whose registration is gone goes after thirty days, folder and all; one whose hub may come back stays", async () => {
  await using sessions = testTerminals();
  const terminal = await sessions.start("exit 3");
  await exitOf(terminal);
  const later = Date.now() + 31 * DAY;
  straysOf(sessions, [terminal.record.server_id]).sweep(later);
  straysOf(sessions, ["another"]).sweep(Date.now() + 29 * DAY);
  expect(sessions.terminals.all()).toEqual([terminal]);
  straysOf(sessions, ["another"]).sweep(later);
  expect(sessions.terminals.all()).toEqual([]);
  await waitFor(() => !existsSync(terminal.folder));
});
