import { decodeTerminalFrame, TERMINAL_KINDS } from "@orchestratia/protocol/terminal-frame";
import { expect, test, vi } from "vitest";
import { attached, output, SESSION, snapshot, terminal, viewer, welcome } from "./testing/socket-hub.ts";

test("a terminal gets its bytes, and after a gap asks only for what is missing, at its present size", async () => {
  await using it = await viewer();
  const screen = terminal();
  it.socket.attach(SESSION, { cols: 80, rows: 24 }, "drive", screen);
  it.link.send(welcome);
  const first = await it.link.next();
  const itsSecret = expect.stringMatching(/^[0-9a-f]{32}$/);
  expect(first).toEqual({ type: "attach", session_id: SESSION, cols: 80, rows: 24, mode: "drive", viewer: itsSecret });
  it.link.send(attached(1000, { you: true }));
  it.link.sendBytes(output(1000, "hello"));
  it.link.sendBytes(output(0, "somebody else's", 8));
  it.link.sendBytes(output(1005, " you"));
  await it.settled(it.link);
  expect(screen.seen).toEqual([
    ["attached", 1000],
    ["driver", "Ada", true],
    ["output", 1000, "hello"],
    ["output", 1005, " you"],
  ]);
  it.socket.resize(SESSION, { cols: 100, rows: 30 });
  expect(await it.link.next()).toEqual({ type: "session_resize", session_id: SESSION, cols: 100, rows: 30 });
  it.link.drop();
  const again = await it.hub.nextLink();
  again.send(welcome);
  expect(await again.next()).toEqual({ ...first, offset: 1009, cols: 100, rows: 30 });
});

test("typing goes out as bytes once attached, and is refused while there is no link", async () => {
  await using it = await viewer();
  const screen = terminal();
  it.socket.attach(SESSION, { cols: 80, rows: 24 }, "drive", screen);
  expect(it.socket.type(SESSION, Buffer.from("ls"))).toBe(false);
  it.link.send(welcome);
  await it.link.next();
  it.link.send(attached(0));
  await it.settled(it.link);
  expect(it.socket.type(SESSION, Buffer.from("ls\r"))).toBe(true);
  const bytes = await it.link.next();
  expect(decodeTerminalFrame(bytes as Uint8Array)).toMatchObject({ kind: TERMINAL_KINDS.input, session: 7 });
  expect(Buffer.from(decodeTerminalFrame(bytes as Uint8Array)?.payload ?? []).toString()).toBe("ls\r");
  it.link.drop();
  await vi.waitUntil(() => it.socket.state === "reconnecting");
  expect(it.socket.type(SESSION, Buffer.from("ls"))).toBe(false);
});

test("a problem of a session reaches its terminal; a detached one hears nothing more", async () => {
  await using it = await viewer();
  const screen = terminal();
  it.link.send(welcome);
  it.socket.attach(SESSION, { cols: 80, rows: 24 }, "watch", screen);
  it.link.send({ type: "problem", problem: { detail: "No such session." }, session_id: SESSION });
  await it.settled(it.link);
  it.socket.detach(SESSION);
  it.link.send(attached(0));
  it.link.sendBytes(output(0, "late"));
  await it.settled(it.link);
  expect(screen.seen).toEqual([["problem", "No such session."]]);
});

test("a byte that came before is cut off, and a gap is asked for again", async () => {
  await using it = await viewer();
  const screen = terminal();
  it.socket.attach(SESSION, { cols: 80, rows: 24 }, "watch", screen);
  it.link.send(welcome);
  await it.link.next();
  it.link.send(attached(10));
  it.link.sendBytes(output(10, "abc"));
  it.link.sendBytes(output(10, "abc"));
  it.link.sendBytes(output(12, "cdef"));
  it.link.sendBytes(output(20, "behind a gap"));
  it.link.sendBytes(output(32, "and more"));
  expect(await it.link.next()).toEqual({
    type: "attach",
    session_id: SESSION,
    offset: 16,
    cols: 80,
    rows: 24,
    mode: "watch",
    viewer: expect.any(String),
  });
  it.link.send(attached(16));
  it.link.sendBytes(output(16, "ghij"));
  await it.settled(it.link);
  expect(screen.seen.filter(([what]) => what === "output")).toEqual([
    ["output", 10, "abc"],
    ["output", 13, "def"],
    ["output", 16, "ghij"],
  ]);
});

test("a snapshot replaces what is shown; bytes that do not continue it empty the screen first", async () => {
  await using it = await viewer();
  const screen = terminal();
  it.socket.attach(SESSION, { cols: 80, rows: 24 }, "watch", screen);
  it.link.send(welcome);
  await it.link.next();
  it.link.send(attached(500));
  it.link.sendBytes(snapshot(400, "as it was"));
  it.link.sendBytes(output(400, "x"));
  it.link.send({ type: "resized", session_id: SESSION, offset: 401, cols: 100, rows: 30 });
  it.link.sendBytes(output(401, "y"));
  it.link.send(attached(900));
  it.link.sendBytes(output(900, "z"));
  it.link.send(attached(950));
  it.link.sendBytes(snapshot(950, "as it is"));
  it.link.sendBytes(output(950, "!"));
  await it.settled(it.link);
  expect(screen.seen.filter(([what]) => what !== "driver")).toEqual([
    ["attached", 500],
    ["snapshot", 400, 80, 24, "as it was"],
    ["output", 400, "x"],
    ["resized", 100, 30],
    ["output", 401, "y"],
    ["attached", 900],
    ["start over"],
    ["output", 900, "z"],
    ["attached", 950],
    ["snapshot", 950, 80, 24, "as it is"],
    ["output", 950, "!"],
  ]);
});

test("what was consumed is acknowledged each 32 KiB, and at once behind a snapshot", async () => {
  await using it = await viewer();
  it.socket.attach(SESSION, { cols: 80, rows: 24 }, "drive", terminal());
  it.link.send(welcome);
  await it.link.next();
  it.link.send(attached(1000));
  await it.settled(it.link);
  for (const offset of [2000, 33_767, 33_768, 34_000, 900_000]) it.socket.consumed(SESSION, offset);
  expect([await it.link.next(), await it.link.next()]).toEqual([
    { type: "ack", session_id: SESSION, offset: 33_768 },
    { type: "ack", session_id: SESSION, offset: 900_000 },
  ]);
});

test("only the driver's size is told, and whoever becomes it tells theirs", async () => {
  await using it = await viewer();
  const screen = terminal();
  it.socket.attach(SESSION, { cols: 80, rows: 24 }, "drive", screen);
  it.link.send(welcome);
  await it.link.next();
  it.link.send(attached(0));
  await it.settled(it.link);
  it.socket.resize(SESSION, { cols: 90, rows: 20 });
  it.socket.takeOver(SESSION);
  expect(await it.link.next()).toEqual({ type: "take_over", session_id: SESSION, cols: 90, rows: 20 });
  it.link.send({ type: "driver", session_id: SESSION, user: "Ada", you: true });
  expect(await it.link.next()).toEqual({ type: "session_resize", session_id: SESSION, cols: 90, rows: 20 });
  it.socket.release(SESSION);
  expect(await it.link.next()).toEqual({ type: "release", session_id: SESSION });
  it.link.send({ type: "driver", session_id: SESSION, user: null, you: false });
  await it.settled(it.link);
  it.socket.resize(SESSION, { cols: 91, rows: 21 });
  it.socket.detach(SESSION);
  expect(await it.link.next()).toEqual({ type: "detach", session_id: SESSION });
  expect(screen.seen.filter(([what]) => what === "driver")).toEqual([
    ["driver", null, false],
    ["driver", "Ada", true],
    ["driver", null, false],
  ]);
});

test("a large paste goes out whole and in pieces, and what is typed behind it comes behind it", async () => {
  await using it = await viewer();
  it.socket.attach(SESSION, { cols: 80, rows: 24 }, "drive", terminal());
  it.link.send(welcome);
  await it.link.next();
  it.link.send(attached(0));
  await it.settled(it.link);
  const paste = Buffer.alloc(3_000_000, "paste ");
  it.socket.type(SESSION, paste);
  it.socket.type(SESSION, Buffer.from("\r"));
  const pieces: Uint8Array[] = [];
  while (Buffer.concat(pieces).length <= paste.length) {
    pieces.push(decodeTerminalFrame((await it.link.next()) as Uint8Array)?.payload ?? new Uint8Array());
  }
  expect(Buffer.concat(pieces).equals(Buffer.concat([paste, Buffer.from("\r")]))).toBe(true);
  expect(Math.max(...pieces.map(({ byteLength }) => byteLength))).toBe(64 * 1024);
});
