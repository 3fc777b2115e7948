import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { snapshotFirst, windowBytes } from "@orchestratia/holder-link/wire";
import { expect, test } from "vitest";
import { waitFor } from "../../testing/wait.ts";
import { Ring } from "./ring.ts";
import { Screen } from "./screen.ts";
import { Sizes } from "./sizes.ts";
import { Subscriber } from "./subscriber.ts";

const size = { cols: 120, rows: 40 };
const line = "\x1b[31mred\x1b[32mgreen\x1b[0m".repeat(10);

/** The two ends of a socket, of which the other one reads when it is told to. */
async function socketPair() {
  const folder = mkdtempSync(join(tmpdir(), "orc-agent-"));
  const server = createServer({ pauseOnConnect: true });
  await new Promise<void>((resolve) => server.listen(join(folder, "socket"), resolve));
  const connected = new Promise<Socket>((resolve) => server.once("connection", resolve));
  const ours = connect(join(folder, "socket"));
  const theirs = await connected;
  return {
    ours,
    theirs,
    [Symbol.dispose]() {
      ours.destroy();
      theirs.destroy();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

test("who does not read is owed one snapshot and its window, however much is printed, and the newest when they read", async () => {
  using sockets = await socketPair();
  const ring = new Ring(1024 * 1024);
  using screen = new Screen(ring, size, () => {});
  const sizes = new Sizes(size);
  const subscriber = new Subscriber({
    socket: sockets.ours,
    ring,
    screen,
    sizes,
    from: snapshotFirst,
    catchUpBytes: 0,
  });
  const print = async (text: string) => {
    ring.append(Buffer.from(text));
    subscriber.offer(Buffer.from(text));
    screen.ringGrew();
    while (screen.lag > 512 * 1024) await new Promise(setImmediate);
  };
  for (let n = 0; n < 120; n += 1) await print(`${line}\r\n`.repeat(500));
  expect(ring.end).toBeGreaterThan(10 * 1024 * 1024);
  expect(sockets.ours.writableLength).toBeLessThan(1024 * 1024 + windowBytes);
  await print("the end");
  let read = "";
  sockets.theirs.on("data", (bytes) => {
    read = `${read}${bytes}`.slice(-4096);
  });
  sockets.theirs.resume();
  await waitFor(() => read.includes("the end"));
  subscriber.close();
});
