import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { HubFrame } from "@orchestratia/protocol/server-link";
import type { ProjectId, ServerId, SessionId } from "@orchestratia/protocol/vocabulary";
import { expect, test } from "vitest";
import { until } from "../testing/until.ts";
import { Transfer } from "./transfer.ts";

const SHA_OF_HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

/** A transfer of five bytes between two servers that say what the test says. */
async function open({ stallMs = 60_000, size = 5, flushed = Promise.resolve() } = {}) {
  const folder = await mkdtemp(path.join(os.tmpdir(), "orchestratia-transfer-"));
  const sent: [string, HubFrame["type"]][] = [];
  const ended: Transfer[] = [];
  const [sender, target] = [randomUUID() as ServerId, randomUUID() as ServerId];
  const note = (serverId: string, { type }: HubFrame) => {
    sent.push([serverId === sender ? "sender" : "target", type]);
    return true;
  };
  const transfer = new Transfer(
    {
      id: randomUUID(),
      projectId: randomUUID() as ProjectId,
      sender: { serverId: sender, name: "from" },
      target: { serverId: target, sessionId: randomUUID() as SessionId, name: "to" },
      filename: "a.txt",
      filePath: "/a.txt",
      size,
      sha256: SHA_OF_HELLO,
    },
    {
      send: note,
      sendFlushed: async (serverId, frame) => {
        note(serverId, frame);
        await flushed;
        return true;
      },
      holdUntil: () => {},
      spoolPath: (id) => path.join(folder, id),
      onEnd: (transfer) => ended.push(transfer),
      stallMs,
    },
  );
  await transfer.offer();
  const transfer_id = transfer.plan.id;
  return {
    transfer,
    sent,
    ended,
    accept: () => transfer.receive(target, { type: "file_accept", transfer_id }),
    chunk: (index: number, text: string, from: string = sender) =>
      transfer.receive(from, {
        type: "file_chunk",
        transfer_id,
        index,
        data: Buffer.from(text).toString("base64"),
        total_chunks: 2,
      }),
    complete: () =>
      transfer.receive(sender, { type: "file_complete", transfer_id, total_chunks: 2, sha256: SHA_OF_HELLO }),
    verdict: (sha256_verified: boolean) => transfer.receive(target, { type: "file_ack", transfer_id, sha256_verified }),
    target,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

test("a file goes in the order offer, accept, start, pieces, end, verdict", async () => {
  await using file = await open();
  file.accept();
  file.chunk(0, "hel");
  file.chunk(1, "lo");
  file.complete();
  await until(() => file.sent.some(([, type]) => type === "file_complete"));
  file.verdict(true);
  expect(file.transfer.view).toMatchObject({ status: "completed", error: null });
  expect(file.sent).toEqual([
    ["target", "file_offer"],
    ["sender", "file_send_start"],
    ["target", "file_chunk"],
    ["target", "file_complete"],
    ["sender", "file_ack"],
  ]);
  expect(file.ended).toEqual([file.transfer]);
});

test("the receiver hears of the end once, also when the sender is through while the last piece is leaving", async () => {
  let leave = () => {};
  const flushed = new Promise<void>((resolve) => {
    leave = resolve;
  });
  await using file = await open({ flushed });
  file.accept();
  file.chunk(0, "hello");
  await until(() => file.sent.some(([, type]) => type === "file_chunk"));
  file.complete();
  leave();
  await until(() => file.sent.some(([, type]) => type === "file_complete"));
  file.verdict(true);
  await until(() => !file.transfer.isUnderWay);
  expect(file.sent.filter(([, type]) => type === "file_complete")).toHaveLength(1);
});

test("a piece that is missing ends it, and whatever comes after that counts for nothing", async () => {
  await using file = await open();
  file.accept();
  file.chunk(1, "lo");
  expect(file.transfer.view).toMatchObject({ status: "failed", error: "Piece 0 of the file is missing." });
  file.chunk(0, "hel");
  file.complete();
  file.verdict(true);
  expect(file.transfer.view.status).toBe("failed");
  expect(file.sent.slice(-2)).toEqual([
    ["sender", "file_error"],
    ["target", "file_error"],
  ]);
  expect(file.ended).toHaveLength(1);
});

test("pieces from the receiver, or from somebody else, count for nothing", async () => {
  await using file = await open();
  file.accept();
  file.chunk(0, "HELLO", file.target);
  file.chunk(0, "HELLO", randomUUID());
  expect(file.transfer.view.status).toBe("accepted");
});

test("a verdict before the end, or a bad one, is a failure", async () => {
  await using early = await open();
  early.accept();
  early.verdict(true);
  expect(early.transfer.view).toMatchObject({ status: "failed" });

  await using bad = await open();
  bad.accept();
  bad.chunk(0, "hello");
  bad.complete();
  await until(() => bad.sent.some(([, type]) => type === "file_complete"));
  bad.verdict(false);
  expect(bad.transfer.view).toMatchObject({ status: "failed", error: expect.stringContaining("not the same") });
});

test.each([
  ["the receiver never answers", 0, "The receiver did not take it"],
  ["the sender never sends", 1, "Nothing moved"],
])("when %s it fails by itself", async (_, accepts, error) => {
  await using file = await open({ stallMs: 30 });
  if (accepts === 1) file.accept();
  await until(() => !file.transfer.isUnderWay);
  expect(file.transfer.view).toMatchObject({ status: "failed", error: expect.stringContaining(error) });
});
