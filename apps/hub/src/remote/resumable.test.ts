import * as people from "@orchestratia/protocol/operations/people";
import * as operations from "@orchestratia/protocol/operations/remote";
import { FILE_IN_FLIGHT_BYTES } from "@orchestratia/protocol/server-link";
import type { ServerId } from "@orchestratia/protocol/vocabulary";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ExactDaemon } from "../testing/exact-daemon.ts";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { until } from "../testing/until.ts";

const SIZE = 1024 * 1024;
const PIECE = 32 * 1024;
const sha256 = "0".repeat(64);

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

/** Two version 2 daemons that say what the test says, a session on the second, and a file offered by the first. */
async function offered(size = SIZE) {
  const project = await hub.project();
  const [from, to] = [await hub.registerServer(project), await hub.registerServer(project)];
  const [sender, receiver] = [from, to].map(({ key }) => new ExactDaemon({ url: hub.url, apiKey: key }));
  if (!sender || !receiver) throw new Error("no daemons");
  await Promise.all([sender.connect(), receiver.connect()]);
  const system = await hub.system();
  const params = { project: project.key };
  const session = await system.call(people.createSession, {
    params,
    body: { server_id: to.id as ServerId, name: "target", agent: "shell" },
  });
  await until(async () => {
    const { sessions } = await system.call(people.listSessions, { params });
    return sessions.some(({ id, status }) => id === session.id && status === "active");
  });
  const body = { target_session: "target", filename: "a.bin", file_path: "/srv/a.bin", file_size: size, sha256 };
  const { transfer_id } = await from.client.call(operations.agentSendFile, { body });
  const view = () => from.client.call(operations.agentViewFileTransfer, { params: { transfer: transfer_id } });
  return {
    transfer_id,
    sender,
    receiver,
    from,
    to,
    view,
    /** The receiver says where it stands, and the sender is asked to go on from there. */
    async begin(offset = 0) {
      const { number } = await receiver.next("file_take");
      receiver.send({ type: "file_taking", transfer_id, number, offset });
      const asked = await sender.next("file_send");
      expect([asked.number, asked.offset]).toEqual([number, offset]);
      return number;
    },
    send(number: number, offset: number, length = PIECE) {
      sender.sendFileBytes(number, offset, Buffer.alloc(length, 1));
    },
    ended: () =>
      until(async () => {
        const { status } = await view();
        return status === "completed" || status === "failed";
      }),
    async [Symbol.asyncDispose]() {
      await Promise.all([sender[Symbol.asyncDispose](), receiver[Symbol.asyncDispose]()]);
    },
  };
}

test("bytes go through in order, what the receiver has is told to the sender, and the end is settled", async () => {
  await using file = await offered(2 * PIECE);
  const { sender, receiver, transfer_id } = file;
  const number = await file.begin();
  file.send(number, 0);
  file.send(number, PIECE);
  await until(() => receiver.fileFrames.length === 2);
  expect(receiver.fileFrames.map(({ session, offset, payload }) => [session, offset, payload.length])).toEqual([
    [number, 0, PIECE],
    [number, PIECE, PIECE],
  ]);
  receiver.send({ type: "file_progress", transfer_id, number, offset: PIECE });
  expect(await sender.next("file_progress")).toMatchObject({ offset: PIECE });
  receiver.send({ type: "file_received", transfer_id, path: "/srv/target/a.bin" });
  await receiver.next("file_settled");
  expect(await file.view()).toMatchObject({
    status: "completed",
    arrived_path: "/srv/target/a.bin",
    chunks_relayed: 1,
    total_chunks: 1,
  });
  // It did not hear that it is settled, and says so again.
  receiver.send({ type: "file_received", transfer_id, path: "/srv/target/a.bin" });
  await receiver.next("file_settled");
});

test("what is under way of an earlier run, out of order or of somebody else counts for nothing", async () => {
  await using file = await offered();
  const { receiver, transfer_id } = file;
  const first = await file.begin();
  file.send(first, 0);
  await until(() => receiver.fileFrames.length === 1);
  await receiver.cut();
  await until(async () => (await file.view()).waiting_for === "receiver");
  await receiver.connect();
  const second = await file.begin(PIECE);
  expect(second).not.toBe(first);
  file.send(first, PIECE, 7);
  file.send(second, 5 * PIECE, 7);
  receiver.sendFileBytes(second, PIECE, Buffer.alloc(7));
  file.send(second, PIECE, 11);
  await until(() => receiver.fileFrames.length === 2);
  expect(receiver.fileFrames[1]).toMatchObject({ session: second, offset: PIECE });
  expect(receiver.fileFrames[1]?.payload).toHaveLength(11);
  // Nor do the words of an earlier run.
  receiver.send({ type: "file_progress", transfer_id, number: first, offset: PIECE + 11 });
  receiver.send({ type: "file_taking", transfer_id, number: first, offset: 0 });
  expect((await file.view()).status).toBe("transferring");
});

test("a receiver that does not read costs the hub no more than the window; a sender that goes on all the same is stopped", async () => {
  await using file = await offered(64 * SIZE);
  const { sender, receiver } = file;
  const number = await file.begin();
  receiver.stall();
  for (let offset = 0; offset < FILE_IN_FLIGHT_BYTES; offset += PIECE) file.send(number, offset);
  // Read behind them, so they are in the hub.
  await sender[Symbol.asyncDispose]();
  await sender.connect();
  expect((await file.view()).status).not.toBe("failed");
  receiver.goOn();
  const next = await file.begin(0);
  receiver.stall();
  for (let offset = 0; offset <= FILE_IN_FLIGHT_BYTES; offset += PIECE) file.send(next, offset);
  expect(await sender.next("file_error")).toMatchObject({ error: expect.stringContaining("does not wait") });
  receiver.goOn();
  await receiver.next("file_error");
  await file.ended();
  expect((await file.view()).status).toBe("failed");
});

test("a hub that is started anew goes on with it from where the receiver stands", async () => {
  await using file = await offered();
  const { transfer_id, from, to } = file;
  await file.begin(3 * PIECE);
  await hub.stop();
  await hub.start();
  await using receiver = new ExactDaemon({ url: hub.url, apiKey: to.key });
  await using sender = new ExactDaemon({ url: hub.url, apiKey: from.key });
  await receiver.connect();
  const client = hub.client({ "x-api-key": from.key });
  const view = () => client.call(operations.agentViewFileTransfer, { params: { transfer: transfer_id } });
  expect(await view()).toMatchObject({ waiting_for: "sender" });
  await sender.connect();
  const { number } = await receiver.next("file_take");
  receiver.send({ type: "file_taking", transfer_id, number, offset: 5 * PIECE });
  expect(await sender.next("file_send")).toMatchObject({ number, offset: 5 * PIECE, file_path: "/srv/a.bin" });
  receiver.send({ type: "file_received", transfer_id, path: "/srv/target/a.bin" });
  await until(async () => (await view()).status === "completed");
});

test("an end that cannot be written is told to nobody and keeps no place; it is written with the next look, as it was", async () => {
  await using file = await offered();
  const { receiver, from, transfer_id } = file;
  await file.begin();
  const { sql } = hub.database;
  await sql.query(`create function no_ends() returns trigger language plpgsql as
    $$ begin raise exception 'no room'; end $$`);
  await sql.query(`create trigger no_ends before update on hub.file_transfers for each row
    when (new.ended_at is not null) execute function no_ends()`);
  receiver.send({ type: "file_received", transfer_id, path: "/srv/target/a.bin" });
  await file.ended();
  // Four others find room, and are heard of behind whatever was said of this one.
  receiver.send({ type: "file_received", transfer_id, path: "/srv/target/a.bin" });
  for (const filename of ["b.bin", "c.bin", "d.bin", "e.bin"]) {
    const body = { target_session: "target", filename, file_path: "/srv/a.bin", file_size: SIZE, sha256 };
    await from.client.call(operations.agentSendFile, { body });
    await receiver.next("file_take");
  }
  expect(receiver.frames.map(({ type }) => type)).not.toContain("file_settled");
  await sql.query("update hub.file_transfers set created_at = created_at - interval '25 hours' where id = $1", [
    transfer_id,
  ]);
  await sql.query("drop function no_ends cascade");
  await hub.hub.engine.rederive();
  await receiver.next("file_settled");
  expect(await file.view()).toMatchObject({ status: "completed", arrived_path: "/srv/target/a.bin" });
});

test("nothing that takes longer than a day is waited for", async () => {
  await using file = await offered();
  await file.receiver.cut();
  await until(async () => (await file.view()).waiting_for === "receiver");
  await hub.database.sql.query(
    "update hub.file_transfers set created_at = created_at - interval '25 hours' where id = $1",
    [file.transfer_id],
  );
  await hub.hub.engine.rederive();
  await file.ended();
  expect(await file.view()).toMatchObject({ status: "failed", error: "It was not there within 24 h." });
  await hub.database.sql.query("update hub.file_transfers set ended_at = ended_at - interval '8 days' where id = $1", [
    file.transfer_id,
  ]);
  await hub.hub.engine.rederive();
  await expect(file.view()).rejects.toMatchObject({ code: "transfer_not_found" });
});
