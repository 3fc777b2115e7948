import { createHash, randomBytes, randomUUID } from "node:crypto";
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import type { DaemonFrame } from "@orchestratia/protocol/server-link";
import { pino } from "pino";
import { afterAll, expect, test } from "vitest";
import { Policy } from "../policy/policy.ts";
import { waitFor } from "../testing/wait.ts";
import { RemoteRequests } from "./remote-requests.ts";
import { partialName } from "./taken-file.ts";
import { TakenRecords } from "./taken-record.ts";

const place = mkdtempSync(join(tmpdir(), "orc-session-files-"));
afterAll(() => rmSync(place, { recursive: true }));

/** What the hub asks of files in the folders of sessions, on a link that the test reads. */
function open() {
  const root = mkdtempSync(join(place, "r-"));
  const [work, state] = [join(root, "work"), join(root, "work/state")];
  const transfers = join(state, "transfers");
  for (const folder of [work, transfers]) mkdirSync(folder, { recursive: true });
  const sessions: Record<string, string> = { work, home: homedir(), above: "/", inside: join(state, "transfers") };
  const sent: DaemonFrame[] = [];
  const env = { PATH: process.env.PATH ?? "/usr/bin:/bin" };
  const log = pino({ enabled: false });
  const policy = Policy.parse({ remote: { read: true } });
  const link = {
    send: (frame: DaemonFrame) => void sent.push(frame),
    sendFlushed: async () => true,
    sendInBackground: async () => {},
    hold: () => {},
  };
  const requests = new RemoteRequests(link, {
    policy: () => policy,
    folders: () => ({ allowed: [], secret: [state, join(work, "agent.yaml")] }),
    sessionFolder: (id) => sessions[id],
    transfersFolder: transfers,
    env,
    workspace: {
      policy: () => policy.worktrees,
      folder: join(state, "worktrees"),
      repos: () => ({}),
      env,
      sessionFolder: (id) => sessions[id],
      occupied: () => [],
      log,
    },
    log,
  });
  const records = new TakenRecords(join(transfers, ".taken"));
  return {
    requests,
    work,
    state,
    transfers,
    sent,
    records,
    async read(in_session: string, path: string): Promise<string> {
      const request_id = randomUUID();
      requests.receive({ type: "remote_read", request_id, in_session, path, offset: 0, length: 1000 });
      const answer = await waitFor(() =>
        sent.find((frame) => frame.type === "remote_read_result" && frame.request_id === request_id),
      );
      if (answer.type !== "remote_read_result") throw new Error("no answer");
      return answer.error ?? Buffer.from(answer.data ?? "", "base64").toString();
    },
    take(
      path: string,
      bytes: Uint8Array,
      more: { in_session?: string; transfer_id?: string; number?: number; overwrite?: boolean } = {},
    ) {
      const transfer_id = more.transfer_id ?? randomUUID();
      requests.receive({
        type: "file_take",
        transfer_id,
        number: more.number ?? 1,
        in_session: more.in_session ?? "work",
        path,
        overwrite: more.overwrite ?? true,
        file_size: bytes.length,
        sha256: createHash("sha256").update(bytes).digest("hex"),
        sender: "w1",
      });
      return transfer_id;
    },
    /** What the daemon says next of this transfer. */
    said: (transferId: string) =>
      waitFor(() => sent.findLast((frame) => "transfer_id" in frame && frame.transfer_id === transferId)),
    hidden: () => readdirSync(work).filter((name) => name.endsWith(".part")),
    [Symbol.dispose]: () => requests[Symbol.dispose](),
  };
}

test("the daemon's own configuration and state are not read, whatever session they lie beside", async () => {
  using there = open();
  for (const [name, text] of [
    ["a.txt", "hello"],
    ["agent.yaml", "orc_key"],
    ["state/key", "orc_key"],
    ["state/transfers/b.txt", "arrived"],
  ] as const) {
    writeFileSync(join(there.work, name), text);
  }
  expect(await there.read("work", "a.txt")).toBe("hello");
  for (const path of ["agent.yaml", "state/key", "state/transfers/b.txt"]) {
    expect(await there.read("work", path), path).toContain(`There is no file ${path}`);
  }
  expect(await there.read("inside", "b.txt")).toBe("arrived");
});

test("of a session that works in the home folder or above it, only what arrived is read", async () => {
  using there = open();
  writeFileSync(join(there.transfers, "b.txt"), "arrived");
  writeFileSync(join(there.work, "a.txt"), "hello");
  for (const session of ["home", "above"]) {
    expect(await there.read(session, "b.txt")).toBe("arrived");
    expect(await there.read(session, join(there.work, "a.txt"))).toContain("There is no file");
  }
});

test("no file comes into the daemon's own state, or in the place of its configuration", async () => {
  using there = open();
  writeFileSync(join(there.work, "agent.yaml"), "orc_key");
  const bytes = Buffer.from("theirs");
  for (const path of ["agent.yaml", "state/key", "state/transfers/c"]) {
    expect(await there.said(there.take(path, bytes)), path).toMatchObject({ type: "file_error" });
  }
  expect(readFileSync(join(there.work, "agent.yaml"), "utf8")).toBe("orc_key");
  expect(readdirSync(there.state)).toEqual(["transfers"]);
  expect(there.hidden()).toEqual([]);
  expect(await there.said(there.take("b", bytes, { in_session: "inside" }))).toMatchObject({ type: "file_taking" });
});

test("what is hidden of a file that has arrived goes with the next word about it", async () => {
  for (const word of ["file_take", "file_settled", "file_error"] as const) {
    using there = open();
    const [transfer_id, bytes] = [randomUUID(), Buffer.from("theirs")];
    const arrived = join(there.work, "a.bin");
    writeFileSync(join(there.work, partialName(transfer_id)), bytes);
    linkSync(join(there.work, partialName(transfer_id)), arrived);
    there.records.write({ transfer_id, root: there.work, path: "a.bin", began_at: Date.now(), arrived });
    if (word === "file_take") there.take("a.bin", bytes, { transfer_id });
    else there.requests.receive({ type: word, transfer_id, ...(word === "file_error" && { error: "no" }) } as never);
    await waitFor(() => there.hidden().length === 0);
    expect(existsSync(arrived)).toBe(true);
    if (word === "file_take") expect(await there.said(transfer_id)).toMatchObject({ path: arrived });
    else expect(there.records.find(transfer_id)).toBeUndefined();
  }
});

test("a file that nobody wants any more while it is still opened leaves nothing", async () => {
  using there = open();
  for (let round = 0; round < 20; round += 1) {
    const transfer_id = there.take("a.bin", randomBytes(100), { overwrite: false });
    // At another point of the opening each time.
    for (let turn = 0; turn < round; turn += 1) await new Promise(setImmediate);
    there.requests.receive({ type: "file_error", transfer_id, error: "Not wanted." });
    await waitFor(() => there.records.find(transfer_id) === undefined);
    expect(there.hidden()).toEqual([]);
  }
  const last = there.take("b.bin", randomBytes(100));
  expect(await there.said(last)).toMatchObject({ type: "file_taking" });
  expect(there.hidden()).toEqual([partialName(last)]);
});

test("a fifth file at once is refused, and what is there of it stays until the hub gives it up", async () => {
  using there = open();
  const bytes = randomBytes(100);
  for (let number = 1; number <= 4; number += 1) {
    expect(await there.said(there.take(`${number}.bin`, bytes, { number }))).toMatchObject({ type: "file_taking" });
  }
  const transfer_id = randomUUID();
  writeFileSync(join(there.work, partialName(transfer_id)), bytes.subarray(0, 50));
  there.records.write({ transfer_id, root: there.work, path: "e.bin", began_at: Date.now() });
  there.take("e.bin", bytes, { transfer_id, number: 5 });
  expect(await there.said(transfer_id)).toMatchObject({ error: "This machine takes 4 files already." });
  expect(there.hidden()).toContain(partialName(transfer_id));
  there.requests.receive({ type: "file_error", transfer_id, error: "It has failed." });
  await waitFor(() => !there.hidden().includes(partialName(transfer_id)));
});
