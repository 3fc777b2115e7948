/** A program's output on its way through real daemon, hub and viewer, over links that break in each way that links do. */
import { createHash } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { type ChaosProxyOptions, randomOf, startChaosProxy } from "../apps/agent/src/testing/chaos-proxy.ts";
import { startTestDaemon } from "../apps/agent/src/testing/test-daemon.ts";
import { addPerson } from "../apps/hub/src/testing/matrix-world.ts";
import { startTestHub } from "../apps/hub/src/testing/test-hub.ts";
import { until } from "../apps/hub/src/testing/until.ts";
import { DashboardSocket } from "../packages/client/src/dashboard-socket.ts";
import * as people from "../packages/protocol/src/operations/people.ts";
import type { ServerId } from "../packages/protocol/src/vocabulary.ts";

const cutsPerHop = 150;
const pings = { everyMs: 200, limitMs: 300 };
/** What a machine under load adds to that. */
const marginMs = 1500;

const lineOf = (n: number) => `${n} ${createHash("md5").update(String(n)).digest("hex")}\n`;
/** So far the program is ahead of the viewer: more may be sent at once than a connection lives. */
const aheadBytes = 4096;
/** Begins when something is typed, prints so many lines, no further than the file says, and then what is typed. */
const program = (lines: number, budgetPath: string) => `
  import { createHash } from "node:crypto";
  import { readFileSync } from "node:fs";
  const lineOf = (n) => n + " " + createHash("md5").update(String(n)).digest("hex") + "\\n";
  let n = 0;
  let printed = 0;
  const tick = () => {
    const budget = Number(readFileSync(${JSON.stringify(budgetPath)}, "utf8"));
    for (let k = 0; k < 5 && n < ${lines} && printed < budget; k += 1, n += 1) {
      const line = lineOf(n);
      process.stdout.write(line);
      printed += line.length;
    }
    if (n < ${lines}) setTimeout(tick, 5);
    else process.stdin.on("data", (typed) => process.stdout.write("typed " + typed + "\\n"));
  };
  process.stdin.once("data", tick);
  process.stdout.write("ready\\n");`;
const ready = "ready\n";
const printedBy = (lines: number) => ready + Array.from({ length: lines }, (_, n) => lineOf(n)).join("");
const sha256 = (bytes: string | Buffer) => createHash("sha256").update(bytes).digest("hex");

interface Links {
  lines: number;
  /** As usual without it. */
  pings?: { everyMs: number; limitMs: number };
  daemonLink?: Partial<ChaosProxyOptions>;
  viewerLink?: Partial<ChaosProxyOptions>;
}

/** A viewer of the program in a session of a daemon, and a proxy before the hub for each of the two. */
async function startChaos(links: Links) {
  const started = new Started();
  return chaosOf(started, links).catch(async (error) => {
    await started[Symbol.asyncDispose]();
    throw error;
  });
}

/** What was started, ended backwards. */
class Started implements AsyncDisposable {
  readonly #ends: (() => unknown)[] = [];

  use<T extends AsyncDisposable>(part: T): T {
    this.defer(() => part[Symbol.asyncDispose]());
    return part;
  }

  defer(end: () => unknown): void {
    this.#ends.push(end);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
  }
}

async function chaosOf(started: Started, { lines, pings, daemonLink, viewerLink }: Links) {
  const hub = started.use(await startTestHub());
  const project = await hub.project();
  const server = await hub.registerServer(project, { name: "box" });
  const target = Number(new URL(hub.url).port);
  const nearDaemon = started.use(await startChaosProxy({ listen: 0, target, ...daemonLink }));
  const nearViewer = started.use(await startChaosProxy({ listen: 0, target, ...viewerLink }));
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), "orchestratia-chaos-")));
  started.defer(() => rm(folder, { recursive: true, force: true }));
  const budgetPath = path.join(folder, "budget");
  const allow = (bytes: number) => {
    writeFileSync(`${budgetPath}.new`, String(bytes));
    renameSync(`${budgetPath}.new`, budgetPath);
  };
  allow(aheadBytes);
  const programPath = path.join(folder, "program.mjs");
  writeFileSync(programPath, program(lines, budgetPath));

  const hub_url = `http://127.0.0.1:${nearDaemon.port}`;
  const registration = { hub_url, project_id: project.id, server_id: server.id, name: "box", api_key: server.key };
  const command = `stty raw -echo; exec '${process.execPath}' '${programPath}'`;
  const daemon = started.use(
    await startTestDaemon(hub_url, {
      registrations: [registration],
      agents: [{ name: "numbers", command }],
      pace: { firstRetryMs: 10, ...(pings && { pings }) },
    }),
  );
  const system = await hub.system();
  const params = { project: project.key };
  await until(async () => {
    const { servers } = await system.call(people.listServers, { params });
    return servers.some(({ id, reachable, agents }) => id === server.id && reachable && agents.length > 0);
  });
  const isActive = async () => {
    const { sessions } = await system.call(people.listSessions, { params });
    return sessions.some(({ id, status }) => id === session.id && status === "active");
  };
  const body = { server_id: server.id as ServerId, agent: "numbers", name: "chaotic" };
  const session = await system.call(people.createSession, { params, body });
  await until(isActive);

  /** From where the first screen ends, which shows what was printed before. */
  const pieces: Buffer[] = [];
  const faults: string[] = [];
  let received = 0;
  let breaks = 0;
  let hasBegun = false;
  let drives = false;
  const socket = new DashboardSocket({
    url: `ws://127.0.0.1:${nearViewer.port}/ws/dashboard`,
    token: await addPerson(hub, "viewer", { project: project.id, role: "member" }),
    open: (url) => new WebSocket(url) as unknown as globalThis.WebSocket,
    firstRetryMs: 10,
    onState: (state) => {
      if (state === "reconnecting") breaks += 1;
    },
    ...(pings && { pingEveryMs: pings.everyMs, pongLimitMs: pings.limitMs }),
  });
  started.defer(() => socket.close());
  socket.attach(session.id, { cols: 120, rows: 40 }, "drive", {
    onAttached() {},
    onOutput(bytes, offset) {
      if (offset !== received) faults.push(`byte ${offset} came where ${received} belongs`);
      pieces.push(Buffer.from(bytes));
      received += bytes.byteLength;
      allow(received + aheadBytes);
      socket.consumed(session.id, offset + bytes.byteLength);
    },
    onSnapshot({ offset }) {
      if (hasBegun) faults.push(`a snapshot at ${offset}`);
      else received = offset;
      pieces.length = 0;
    },
    onStartOver: () => faults.push("started over"),
    onResized() {},
    onDriver(_user, you) {
      drives = you;
    },
    onProblem: (detail) => faults.push(detail),
  });
  const typed = async (text: string) => {
    await until(() => socket.type(session.id, Buffer.from(text)));
  };
  const printed = printedBy(lines);
  await until(() => received === ready.length);
  pieces.splice(0, pieces.length, Buffer.from(ready));
  hasBegun = true;
  await typed("go");
  await until(() => received > ready.length);
  return {
    nearDaemon,
    nearViewer,
    isActive,
    received: () => received,
    viewerBreaks: () => breaks,
    daemonBreaks: () => daemon.logged.filter((line) => line.includes("the link to the hub broke")).length,
    /** Every byte came once and in order, and the session goes on. */
    async expectAll(what: string) {
      await until(() => received >= printed.length || faults.length > 0, 30 * lines);
      const output = Buffer.concat(pieces);
      expect(faults, what).toEqual([]);
      expect(output.length, what).toBe(printed.length);
      expect(sha256(output), what).toBe(sha256(printed));
      await until(() => drives);
      await typed("still here");
      await until(() => Buffer.concat(pieces).includes("typed still here\n"));
      expect(await isActive(), what).toBe(true);
    },
    [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
  };
}

test(`a viewer has every byte once and in order when both links come in small pieces and are cut ${cutsPerHop} times`, {
  timeout: 300_000,
}, async () => {
  const seed = Number(process.env.CUT_SEED ?? Date.now() % 1_000_000);
  const what = `CUT_SEED=${seed}`;
  const random = randomOf(seed);
  const cuts = { daemon: () => cutsPerHop, viewer: () => cutsPerHop };
  const isChaotic = (hop: keyof typeof cuts) => cuts[hop]() < cutsPerHop;
  const link = (hop: keyof typeof cuts): Partial<ChaosProxyOptions> => ({
    lives: () => (isChaotic(hop) ? 2000 + random() * 3500 : Number.POSITIVE_INFINITY),
    latencyMs: () => 1 + random() * 4,
    pieceBytes: () => (isChaotic(hop) ? 1 + Math.floor(random() ** 3 * 300) : Number.POSITIVE_INFINITY),
  });
  await using chaos = await startChaos({
    lines: 100 * cutsPerHop,
    daemonLink: link("daemon"),
    viewerLink: link("viewer"),
  });
  cuts.daemon = chaos.nearDaemon.cuts;
  cuts.viewer = chaos.nearViewer.cuts;
  chaos.nearDaemon.cutAll("resetAndDestroy");
  chaos.nearViewer.cutAll("resetAndDestroy");
  await chaos.expectAll(what);
  expect(chaos.nearDaemon.cuts(), what).toBeGreaterThanOrEqual(cutsPerHop);
  expect(chaos.viewerBreaks(), what).toBeGreaterThanOrEqual(cutsPerHop);
});

const holes = [
  { hop: "daemon", proxy: "nearDaemon", breaks: "daemonBreaks" },
  { hop: "viewer", proxy: "nearViewer", breaks: "viewerBreaks" },
] as const;

test.for(holes)(
  "a black hole on the link of a $hop is noticed within a ping and its limit, and loses nothing",
  async (hole) => {
    await using chaos = await startChaos({ lines: 1500, pings });
    await until(() => chaos.received() > 1000);
    const before = chaos[hole.breaks]();
    const since = performance.now();
    chaos[hole.proxy].swallow();
    const came = chaos.received();
    await until(() => chaos[hole.breaks]() > before);
    expect(performance.now() - since).toBeLessThan(pings.everyMs + pings.limitMs + marginMs);
    expect(came).toBeLessThan(printedBy(1500).length);
    await chaos.expectAll(hole.hop);
  },
);
