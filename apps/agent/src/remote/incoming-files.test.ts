import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DaemonFrame } from "@orchestratia/protocol/server-link";
import { pino } from "pino";
import { expect, test } from "vitest";
import { waitFor } from "../testing/wait.ts";
import { IncomingFiles } from "./incoming-files.ts";

function open({ stallMs = 60_000 } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "orc-incoming-"));
  const sent: DaemonFrame[] = [];
  const held: Promise<unknown>[] = [];
  const files = new IncomingFiles(
    {
      send: (frame) => sent.push(frame),
      sendInBackground: async () => {},
      sendFlushed: async () => true,
      hold: (until) => held.push(until),
    },
    { allow: () => {}, folder, log: pino({ level: "silent" }), stallMs },
  );
  return {
    files,
    folder,
    sent,
    held,
    offer: (file_size: number) =>
      files.offered({
        type: "file_offer",
        transfer_id: "t1",
        filename: "a.bin",
        file_size,
        sha256: "0".repeat(64),
        sender_session: "w1",
      }),
    piece: (index: number, bytes: Buffer) =>
      files.piece({
        type: "file_chunk",
        transfer_id: "t1",
        index,
        data: bytes.toString("base64"),
        total_chunks: 1,
      }),
    [Symbol.dispose]() {
      files.abortAll();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

test("a file of which nothing more comes is given up and removed", async () => {
  using incoming = open({ stallMs: 30 });
  await incoming.offer(10);
  incoming.piece(0, Buffer.from("hello"));
  await waitFor(() => incoming.sent.length === 2);
  expect(incoming.sent).toEqual([
    { type: "file_accept", transfer_id: "t1" },
    { type: "file_error", transfer_id: "t1", error: "Nothing of the file came for 0 s." },
  ]);
  await waitFor(() => readdirSync(incoming.folder).length === 0);
});

test("when more came than the disk has taken, nothing is read until it has", async () => {
  using incoming = open();
  await incoming.offer(3 * 1024 * 1024);
  incoming.piece(0, Buffer.alloc(1024 * 1024));
  expect(incoming.held).toEqual([]);
  incoming.piece(1, Buffer.alloc(1024 * 1024));
  expect(incoming.held).toHaveLength(1);
  await incoming.held[0];
});

test("a second word of the end changes nothing", async () => {
  using incoming = open();
  await incoming.offer(0);
  const end = { type: "file_complete", transfer_id: "t1", total_chunks: 0, sha256: "" } as const;
  await Promise.all([incoming.files.completed(end), incoming.files.completed(end)]);
  expect(incoming.sent.map(({ type }) => type)).toEqual(["file_accept", "file_ack"]);
});

test("a piece out of order ends it and leaves nothing behind", async () => {
  using incoming = open();
  await incoming.offer(10);
  incoming.piece(1, Buffer.from("hello"));
  expect(incoming.sent.at(-1)).toMatchObject({ type: "file_error", error: "Piece 0 of the file is missing." });
  await waitFor(() => readdirSync(incoming.folder).length === 0);
  incoming.piece(0, Buffer.from("hello"));
  expect(incoming.sent).toHaveLength(2);
});
