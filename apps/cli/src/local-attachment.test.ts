import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordFile, type SessionRecord, sessionsFolder } from "@orchestratia/holder-link/session-record";
import { frameKinds, jsonFrame, wireVersion } from "@orchestratia/holder-link/wire";
import { expect, onTestFinished, test } from "vitest";
import { findLocalSession, openLocalSession } from "./local-attachment.ts";

const hubUrl = "http://hub.test";
const project = "5c2fb7a1-0000-4000-8000-000000000001";
const anotherProject = "5c2fb7a1-0000-4000-8000-000000000002";

function stateDirWith(...records: SessionRecord[]) {
  const stateDir = mkdtempSync(join(tmpdir(), "orc-attach-"));
  onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }));
  for (const record of records) {
    const folder = join(sessionsFolder(stateDir), record.id);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, recordFile), JSON.stringify(record));
  }
  return stateDir;
}

const recordOf = (id: string, more: Partial<SessionRecord> = {}): SessionRecord => ({
  ...{ id, name: "api-worker", agent: "shell", role: "worker", command: ["/bin/sh"], cwd: "/srv/api" },
  ...{ cols: 80, rows: 24, hub_url: hubUrl, project_id: project, server_id: "server", started_at: "2026-01-01" },
  ...{ socket_path: "/nowhere", holder_pid: 1, pid: 1, exit: null, ...more },
});

test("a session of another hub or project that has the same name is not taken for the one that was asked for", () => {
  const theirs = recordOf("theirs", { hub_url: "http://other.test" });
  const others = recordOf("others", { project_id: anotherProject });
  const both = stateDirWith(theirs, others);
  expect(findLocalSession(both, "api-worker", { hubUrl, project })).toBeUndefined();
  expect(findLocalSession(both, "theirs", { hubUrl, project })).toBeUndefined();
  expect(findLocalSession(both, "api-worker", { hubUrl: `${hubUrl}/`, project: anotherProject })?.id).toBe("others");
  expect(findLocalSession(both, "api-worker", { hubUrl, project: "DEMO" })?.id).toBe("others");
  expect(findLocalSession(both, "theirs")?.id).toBe("theirs");
  expect(() => findLocalSession(both, "api-worker")).toThrow("say the id of one, others, theirs");
});

test("a session whose holder goes before anybody listens is told to have closed", async () => {
  const stateDir = stateDirWith();
  const path = join(stateDir, "holder.sock");
  const facts = { prompt_line: "", foreground: null };
  const hello = { version: wireVersion, id: "one", pid: 1, cols: 80, rows: 24, start: 0, end: 0, facts, exit: null };
  const holder = createServer((socket) => {
    socket.end(jsonFrame(frameKinds.hello, hello));
    socket.once("close", () => holder.close());
    socket.resume();
  });
  await new Promise<void>((resolve) => holder.listen(path, resolve));
  const attach = await openLocalSession(recordOf("one", { socket_path: path }), "watch");
  await new Promise((resolve) => holder.once("close", resolve));
  const closed = await new Promise<number | null>((resolve) => {
    const ignored = { onAttached() {}, onOutput() {}, onSnapshot() {}, onStartOver() {}, onDriver() {} };
    const events = { ...ignored, onLinkCut() {}, onProblem() {}, onClosed: resolve };
    attach(events, { cols: 80, rows: 24 });
  });
  expect(closed).toBeNull();
});
