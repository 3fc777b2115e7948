import { rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Listener, testTerminals } from "../testing/test-terminals.ts";
import { waitFor } from "../testing/wait.ts";
import { Terminal } from "./terminal.ts";
import { mostUnsentBytes, UnsentInput } from "./unsent-input.ts";

/** A way to a holder's socket that can be cut; while it is, whoever comes is sent away at once. */
async function cuttableWay(path: string, to: string) {
  const sockets = new Set<Socket>();
  const way = { isCut: false, refused: 0 };
  const server = createServer((near) => {
    if (way.isCut) {
      way.refused += 1;
      near.destroy();
      return;
    }
    const far = connect(to);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return Object.assign(way, {
    cut() {
      way.isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    mend() {
      way.isCut = false;
    },
    [Symbol.dispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      rmSync(path, { force: true });
    },
  });
}

/** A session that counts what it is told, seen over a way that can be cut. */
async function behindAWay(here: ReturnType<typeof testTerminals>) {
  const started = await here.start("stty -echo raw; echo ready; exec cat");
  const path = join(here.stateDir, "way.sock");
  const way = await cuttableWay(path, started.record.socket_path);
  const terminal = new Terminal({ ...started.record, socket_path: path }, started.folder, () => {});
  await terminal.connect();
  const heard = new Listener(terminal);
  await waitFor(() => heard.text().includes("ready"));
  return {
    terminal,
    way,
    text: () => heard.text().split("ready")[1]?.trimStart() ?? "",
    async cut() {
      way.cut();
      // The daemon has seen it and tries in vain.
      await waitFor(() => way.refused > 0);
    },
    [Symbol.dispose]() {
      terminal.disconnect();
      way[Symbol.dispose]();
    },
  };
}

test("what is typed while the holder cannot be reached comes when it can be again, all and in order", async () => {
  await using here = testTerminals();
  using session = await behindAWay(here);
  const pieces = Array.from({ length: 200 }, (_, n) => `piece ${n};`);
  expect(session.terminal.input(Buffer.from("before;"))).toBe(true);
  await waitFor(() => session.text() === "before;");
  await session.cut();
  for (const piece of pieces) expect(session.terminal.input(Buffer.from(piece))).toBe(true);
  session.way.mend();
  await waitFor(() => session.text().endsWith("piece 199;"));
  session.terminal.input(Buffer.from("after;"));
  await waitFor(() => session.text().endsWith("after;"));
  expect(session.text()).toBe(`before;${pieces.join("")}after;`);
});

test("beyond 64 KiB it is refused, with everything behind it, until the holder is there again", async () => {
  await using here = testTerminals();
  using session = await behindAWay(here);
  await session.cut();
  const first = "a".repeat(mostUnsentBytes - 10);
  expect(session.terminal.input(Buffer.from(first))).toBe(true);
  expect(session.terminal.input(Buffer.from("b".repeat(11)))).toBe(false);
  // There would be room for this, but it would stand where something else belongs.
  expect(session.terminal.input(Buffer.from("c"))).toBe(false);
  session.way.mend();
  await waitFor(() => session.text().length === first.length);
  expect(session.terminal.input(Buffer.from("d"))).toBe(true);
  await waitFor(() => session.text().endsWith("d"));
  expect(session.text()).toBe(`${first}d`);
});

test("what was on its way goes before what came later", () => {
  const unsent = new UnsentInput();
  unsent.keep(Buffer.from("later"));
  unsent.putBack([Buffer.from("first"), Buffer.from("second")]);
  expect(Buffer.concat(unsent.take()).toString()).toBe("firstsecondlater");
  expect(unsent.take()).toEqual([]);
});

test("what changed while the holder could not be reached is told when it can be again", async () => {
  await using here = testTerminals();
  using session = await behindAWay(here);
  await session.cut();
  const told: string[] = [];
  session.terminal.listen({ onFacts: ({ cursor_line }) => told.push(cursor_line ?? ""), onExit() {} });
  session.terminal.input(Buffer.from("news"));
  session.way.mend();
  await waitFor(() => told.some((line) => line.includes("news")));
  // The first is what the holder said when it was there again, before it had heard of the input.
  expect(told[0]).not.toContain("news");
});
