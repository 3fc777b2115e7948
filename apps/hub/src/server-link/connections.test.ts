import { expect, test } from "vitest";
import { type DaemonLink, ServerConnections } from "./connections.ts";

const linkOf = (serverId: string, heardAt: number): DaemonLink => ({
  serverId,
  heardAt,
  version: 1,
  send: () => true,
  sendBytes: () => false,
  sendBytesFlushed: async () => true,
  sendFlushed: async () => true,
  holdUntil: () => {},
  close: () => {},
  ping: () => {},
});

test("what the link before this one may have lost begins two pings and ten seconds before its last sign of life", () => {
  using connections = new ServerConnections(1_000);
  const first = linkOf("one", 500_000);
  connections.adopt(first);
  expect(connections.release(first)).toBe(true);
  const second = linkOf("one", 600_000);
  connections.adopt(second);
  expect(connections.doubtfulSince("one")).toBe(500_000 - 12_000);
  // Taken over while it seemed alive.
  const third = linkOf("one", 700_000);
  connections.adopt(third);
  expect(connections.doubtfulSince("one")).toBe(600_000 - 12_000);
  expect(connections.release(second)).toBe(false);
  expect(connections.doubtfulSince("one")).toBe(600_000 - 12_000);
});

test("where no earlier link is known, the last two minutes are doubtful", () => {
  using connections = new ServerConnections();
  connections.adopt(linkOf("one", performance.now()));
  const since = connections.doubtfulSince("one");
  const agoMs = performance.now() - since;
  expect(agoMs).toBeGreaterThanOrEqual(120_000);
  expect(agoMs).toBeLessThan(121_000);
});
