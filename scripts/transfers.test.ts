/** Big files between two real daemons while links are cut, the hub is killed and the file is changed. */
import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { expect, test, vi } from "vitest";
import { randomOf, startChaosProxy } from "../apps/agent/src/testing/chaos-proxy.ts";
import { type HubAccess, hubAt } from "../apps/hub/src/testing/hub-at.ts";
import { HubProcess, scratchHome } from "../apps/hub/src/testing/hub-process.ts";
import { createTestDatabase } from "../apps/hub/src/testing/test-database.ts";
import { startTestHub } from "../apps/hub/src/testing/test-hub.ts";
import { until } from "../apps/hub/src/testing/until.ts";
import * as people from "../packages/protocol/src/operations/people.ts";
import * as operations from "../packages/protocol/src/operations/remote.ts";
import { type Machine, type MachineOptions, startMachine } from "./testing/remote-machine.ts";

vi.setConfig({ testTimeout: 240_000 });

const MEBIBYTE = 1024 * 1024;
const CUTS = 24;
const PATIENCE_MS = 180_000;

/** Two machines whose links go through proxies that cut as they are told. */
async function startPair({ hub, project }: Pick<MachineOptions, "hub" | "project">) {
  let lives: () => number = () => Number.POSITIVE_INFINITY;
  const port = Number(new URL(hub.url).port);
  const proxies = await Promise.all(
    [0, 1].map(() => startChaosProxy({ listen: 0, target: port, lives: () => lives() })),
  );
  const machines: Machine[] = [];
  for (const [index, name] of ["near", "far"].entries()) {
    const throughUrl = `http://127.0.0.1:${proxies[index]?.port}`;
    machines.push(await startMachine({ hub, project, name, throughUrl }));
  }
  const [near, far] = machines;
  if (!near || !far) throw new Error("no machines");
  return {
    near,
    far,
    cuts: () => proxies.map(({ cuts }) => cuts()),
    /** From now on every connection lives for so many bytes, those that are open as well as new ones. */
    live(next: () => number) {
      lives = next;
      for (const proxy of proxies) proxy.cutAll();
    },
    async [Symbol.asyncDispose]() {
      lives = () => Number.POSITIVE_INFINITY;
      for (const machine of machines) await machine[Symbol.asyncDispose]();
      for (const proxy of proxies) await proxy[Symbol.asyncDispose]();
    },
  };
}

async function fileOf(machine: Machine, size: number) {
  const file_path = path.join(machine.repo, "big.bin");
  await using file = await open(file_path, "w");
  for (let done = 0; done < size; done += MEBIBYTE) await file.write(randomBytes(Math.min(MEBIBYTE, size - done)));
  return { filename: "big.bin", file_path, file_size: size, sha256: await sha256Of(file_path) };
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

/** Sends it with the sender's key; how far it is can be asked for while the hub is there. */
async function send(machine: Machine, hub: HubAccess, size: number, to: Machine) {
  const client = hub.client({ "x-api-key": machine.key });
  const body = { ...(await fileOf(machine, size)), target_session: to.session };
  const { transfer_id } = await client.call(operations.agentSendFile, { body });
  return {
    sha256: body.sha256,
    path: body.file_path,
    view: () => client.call(operations.agentViewFileTransfer, { params: { transfer: transfer_id } }),
  };
}

test("a big file arrives whole though both links are cut all the time, and never begins anew", async () => {
  await using hub = await startTestHub();
  await using pair = await startPair({ hub, project: await hub.project() });
  const seed = Math.floor(Math.random() * 2 ** 31);
  console.log(`cuts with seed ${seed}`);
  const random = randomOf(seed);
  const total = () => pair.cuts().reduce((sum, cuts) => sum + cuts, 0);
  const file = await send(pair.near, hub, 64 * MEBIBYTE, pair.far);
  pair.live(() => (total() < CUTS ? 50_000 + random() * 4 * MEBIBYTE : Number.POSITIVE_INFINITY));
  let most = 0;
  await until(async () => {
    const { chunks_relayed, status, error } = await file.view();
    expect([error, chunks_relayed]).toEqual([null, expect.any(Number)]);
    expect(chunks_relayed).toBeGreaterThanOrEqual(most);
    most = chunks_relayed;
    return status === "completed";
  }, PATIENCE_MS);
  expect(total()).toBeGreaterThanOrEqual(20);
  expect(Math.min(...pair.cuts())).toBeGreaterThan(0);
  expect(await sha256Of(path.join(pair.far.repo, "big.bin"))).toBe(file.sha256);
  expect((await readdir(pair.far.repo)).filter((name) => name.startsWith("."))).toEqual([]);
});

test("a file that is changed while its transfer waits is not sent on, and nothing of it stays", async () => {
  await using hub = await startTestHub();
  await using pair = await startPair({ hub, project: await hub.project() });
  const file = await send(pair.near, hub, 64 * MEBIBYTE, pair.far);
  await until(async () => (await file.view()).chunks_relayed > 64);
  pair.live(() => 0);
  await until(async () => (await file.view()).waiting_for !== null);
  const { size } = await stat(file.path);
  await using changed = await open(file.path, "r+");
  await changed.write(Buffer.from("another beginning"), 0, 17, 0);
  expect((await stat(file.path)).size).toBe(size);
  pair.live(() => Number.POSITIVE_INFINITY);
  await until(async () => (await file.view()).status === "failed", PATIENCE_MS);
  expect((await file.view()).error).toContain("it has changed since");
  await until(async () => (await readdir(pair.far.repo)).every((name) => !name.endsWith(".part")));
  expect(await readdir(pair.far.repo)).not.toContain("big.bin");
});

test("a daemon that is started anew in the midst of a file goes on with it", async () => {
  await using hub = await startTestHub();
  await using pair = await startPair({ hub, project: await hub.project() });
  const file = await send(pair.near, hub, 64 * MEBIBYTE, pair.far);
  await until(async () => (await file.view()).chunks_relayed > 64);
  pair.live(() => 0);
  await until(async () => (await file.view()).waiting_for !== null);
  const before = (await file.view()).chunks_relayed;
  await pair.far.daemon.restart();
  await pair.near.daemon.restart();
  pair.live(() => Number.POSITIVE_INFINITY);
  await until(async () => {
    const { chunks_relayed, status } = await file.view();
    expect(chunks_relayed).toBeGreaterThanOrEqual(before);
    return status === "completed";
  }, PATIENCE_MS);
  expect(await sha256Of(path.join(pair.far.repo, "big.bin"))).toBe(file.sha256);
});

test("a hub that is killed in the midst of a file goes on with it when it is there again", async () => {
  await using database = await createTestDatabase();
  await using scratch = await scratchHome();
  const environment = {
    DATABASE_URL: database.url,
    ORCHESTRATIA_HOME: scratch.home,
    PORT: String(await freePort()),
  };
  const hubProcess = new HubProcess(environment);
  const { url } = await hubProcess.ready();
  const hub = hubAt(url, scratch.home);
  const project = await (await hub.system()).call(people.createProject, { body: { key: "KILL", name: "Kill" } });
  await using near = await startMachine({ hub, project, name: "near" });
  await using far = await startMachine({ hub, project, name: "far" });
  const file = await send(near, hub, 64 * MEBIBYTE, far);
  await until(async () => (await file.view()).chunks_relayed > 64);
  await hubProcess.kill();
  const partial = (await readdir(far.repo)).find((name) => name.endsWith(".part")) ?? "none";
  const { size: had } = await stat(path.join(far.repo, partial));
  expect(had).toBeGreaterThan(0);
  expect(had).toBeLessThan(64 * MEBIBYTE);
  await using again = new HubProcess(environment);
  await again.ready();
  await until(async () => (await file.view()).status === "completed", PATIENCE_MS);
  expect(await sha256Of(path.join(far.repo, "big.bin"))).toBe(file.sha256);
  expect((await readdir(far.repo)).filter((name) => name.endsWith(".part"))).toEqual([]);
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
