import { existsSync } from "node:fs";
import { join } from "node:path";
import { OUTPUT_IN_FLIGHT_BYTES } from "@orchestratia/protocol/server-link";
import { expect, test } from "vitest";
import { sessionFolder } from "../terminals/session-folder.ts";
import { startFakeHub } from "../testing/fake-hub.ts";
import { sessionStart, startTestDaemon } from "../testing/test-daemon.ts";
import { waitFor } from "../testing/wait.ts";

test("output flows only while it is watched, from where the hub asks for it; screens and recordings come always", async () => {
  await using hub = await startFakeHub({ watches: false });
  await using daemon = await startTestDaemon(hub.url);
  await hub.linked();
  const start = sessionStart("stty raw -echo; printf one; read a; printf two; read b; printf three; read c; exit 4");
  const id = start.session_id;
  const session = hub.session(id);
  hub.start(start);
  const screens = () => hub.of("session_screen", id).map(({ lines }) => lines);
  await waitFor(() => screens().some(([line]) => line === "one"));
  expect(session.output.toString()).toBe("");

  hub.send({ type: "session_watch", session_id: id, from: 1 });
  session.end = 1;
  await waitFor(() => session.output.toString() === "ne");
  hub.send({ type: "session_unwatch", session_id: id });
  hub.type(id, "\n");
  await waitFor(() => screens().some(([line]) => line === "onetwo"));
  expect(session.output.toString()).toBe("ne");

  hub.send({ type: "session_watch", session_id: id, from: 3 });
  await waitFor(() => session.output.toString() === "netwo");
  hub.send({ type: "session_unwatch", session_id: id });
  hub.type(id, "\n\n");
  const [closed] = await waitFor(() => hub.of("session_closed", id).length > 0 && hub.of("session_closed", id));
  expect(closed).toMatchObject({ exit_code: 4, offset: 11 });
  await waitFor(() => !existsSync(sessionFolder(daemon.stateDir, id)));
  expect(session.segments).toEqual([0]);
  expect([session.faults, hub.mistakes]).toEqual([[], []]);
});

test("whoever has nothing of it gets a snapshot with its size, then the bytes; sizes come between the bytes", async () => {
  await using hub = await startFakeHub({ watches: false });
  await using _daemon = await startTestDaemon(hub.url);
  await hub.linked();
  const start = sessionStart("stty raw -echo; printf 'a screen'; read a; printf ' more'; read b; printf '!'; read c");
  const id = start.session_id;
  const session = hub.session(id);
  hub.start(start);
  hub.send({ type: "session_resize", session_id: id, cols: 80, rows: 24 });
  await waitFor(() => hub.of("session_screen", id).some(({ lines }) => lines[0] === "a screen"));
  hub.send({ type: "session_watch", session_id: id, from: null });
  await waitFor(() => session.snapshots.length === 1);
  hub.type(id, "\n");
  await waitFor(() => session.output.toString() === " more");
  hub.send({ type: "session_resize", session_id: id, cols: 90, rows: 30 });
  await waitFor(() => hub.of("session_resized", id).length === 1);
  hub.send({ type: "session_snapshot", session_id: id });
  await waitFor(() => session.snapshots.length === 2);
  hub.type(id, "\n");
  await waitFor(() => session.output.toString() === " more!");
  expect(session.snapshots).toEqual([
    { offset: 8, cols: 80, rows: 24, text: "a screen" },
    { offset: 13, cols: 90, rows: 30, text: "a screen more" },
  ]);
  expect(hub.of("session_resized", id)).toEqual([
    { type: "session_resized", session_id: id, offset: 13, cols: 90, rows: 30 },
  ]);
  expect(session.faults).toEqual([]);
});

test("a hub that does not ack gets a window and no more, and slows the program; without watchers nothing does", async () => {
  await using hub = await startFakeHub({ acks: false });
  await using daemon = await startTestDaemon(hub.url);
  await hub.linked();
  const printed = join(daemon.stateDir, "printed");
  const start = sessionStart(`stty raw -echo; printf ready; read a; seq 1 300000; touch ${printed}; read go`);
  const id = start.session_id;
  const session = hub.session(id);
  hub.start(start);
  // Before it is watched nothing slows it down, and then it would begin with a snapshot.
  await waitFor(() => session.output.toString() === "ready");
  hub.type(id, "\n");
  await waitFor(() => session.end === OUTPUT_IN_FLIGHT_BYTES);
  hub.send({ type: "ack", session_id: id, offset: 10_000 });
  await waitFor(() => session.end === OUTPUT_IN_FLIGHT_BYTES + 10_000);
  // What the hub cannot have had yet, it cannot ack.
  hub.send({ type: "ack", session_id: id, offset: 1_000_000 });
  await waitFor(() => session.end === 2 * OUTPUT_IN_FLIGHT_BYTES + 10_000);
  // The scrollback's question passes the output by, and is asked of the holder behind it.
  hub.send({ type: "capture_scrollback", session_id: id });
  await waitFor(() => hub.of("scrollback_captured", id).length > 0);
  expect(existsSync(printed)).toBe(false);
  expect(session.end).toBe(2 * OUTPUT_IN_FLIGHT_BYTES + 10_000);
  hub.send({ type: "session_unwatch", session_id: id });
  await waitFor(() => existsSync(printed));
  expect(session.faults).toEqual([]);
});

test("a session whose output nobody acks keeps no other one from its echo", async () => {
  await using hub = await startFakeHub({ acks: false });
  await using _daemon = await startTestDaemon(hub.url);
  await hub.linked();
  const floods = [1, 2].map(() => sessionStart("stty raw -echo; printf ready; read a; seq 1 300000; read go"));
  const quiet = sessionStart("cat");
  for (const start of [...floods, quiet]) hub.start(start);
  // Before they are watched nothing slows them down, and then they would begin with a snapshot.
  await waitFor(() => floods.every(({ session_id }) => hub.output(session_id).toString() === "ready"));
  for (const { session_id } of floods) hub.type(session_id, "\n");
  await waitFor(() => floods.every(({ session_id }) => hub.session(session_id).end === OUTPUT_IN_FLIGHT_BYTES));
  await waitFor(() => hub.of("session_started", quiet.session_id).length === 1);
  hub.type(quiet.session_id, "echo\r");
  await waitFor(() => hub.output(quiet.session_id).includes("echo"));
  expect(floods.map(({ session_id }) => hub.session(session_id).end)).toEqual([
    OUTPUT_IN_FLIGHT_BYTES,
    OUTPUT_IN_FLIGHT_BYTES,
  ]);
});
