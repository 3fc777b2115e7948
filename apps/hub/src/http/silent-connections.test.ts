import { once } from "node:events";
import net from "node:net";
import { expect, test } from "vitest";
import { startTestHub } from "../testing/test-hub.ts";

test("a connection that never said anything does not hold up the hub's end", async () => {
  await using hub = await startTestHub({ config: { shutdownGraceMs: 600_000 } });
  const socket = net.connect(Number(new URL(hub.url).port), "127.0.0.1");
  await once(socket, "connect");
  // Answered behind it, so the hub knows both.
  await hub.fetch("/healthz");
  const closed = once(socket, "close");
  await hub.stop();
  await closed;
  expect(socket.destroyed).toBe(true);
});
