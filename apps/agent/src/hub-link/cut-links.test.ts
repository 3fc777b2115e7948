import { createHash } from "node:crypto";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CATCH_UP_BYTES } from "@orchestratia/protocol/server-link";
import { pino } from "pino";
import { expect, test } from "vitest";
import { readConfig, sessionBaseEnv } from "../config.ts";
import { readPolicy } from "../policy/policy.ts";
import { Terminals } from "../terminals/terminals.ts";
import { randomOf, startChaosProxy } from "../testing/chaos-proxy.ts";
import { fakeKey, fakeServer, startFakeHub } from "../testing/fake-hub.ts";
import { shellSpec, sourceHolderCommand } from "../testing/test-terminals.ts";
import { waitFor } from "../testing/wait.ts";
import { SystemProbe } from "../workspace/system-info.ts";
import { HubLink } from "./hub-link.ts";
import { Report } from "./report.ts";

const cutsPerHop = 150;
const lines = 40_000;
const lineOf = (n: number) => `${n} ${createHash("md5").update(String(n)).digest("hex")}\n`;
/** A watcher that returns is sent this much; what is further back a snapshot would replace. */
const aheadBytes = CATCH_UP_BYTES / 2;
/** Prints no further than the file says, however long a link stays broken. */
const program = (budgetPath: string) => `
  const { createHash } = require("node:crypto");
  const { readFileSync } = require("node:fs");
  let n = 0;
  let printed = 0;
  const tick = () => {
    let block = "";
    for (let k = 0; k < 40; k += 1) block += n + k + " " + createHash("md5").update(String(n + k)).digest("hex") + "\\n";
    if (printed + block.length <= Number(readFileSync(${JSON.stringify(budgetPath)}, "utf8"))) {
      process.stdout.write(block);
      printed += block.length;
      n += 40;
    }
    if (n < ${lines}) setTimeout(tick, 10);
  };
  tick();
  process.stdin.resume();`;

test(`a watching hub has every byte once, in order, when each hop is cut ${cutsPerHop} times in the midst of bytes`, {
  timeout: 180_000,
}, async () => {
  const seed = Number(process.env.CUT_SEED ?? Date.now() % 1_000_000);
  process.stdout.write(`the links are cut by CUT_SEED=${seed}\n`);
  const random = randomOf(seed);
  const stateDir = mkdtempSync(join(tmpdir(), "orc-agent-"));
  const budgetPath = join(stateDir, "budget");
  const allow = (bytes: number) => {
    writeFileSync(`${budgetPath}.new`, String(bytes));
    renameSync(`${budgetPath}.new`, budgetPath);
  };
  allow(aheadBytes);
  await using hub = await startFakeHub();

  const first = new Terminals(stateDir, sourceHolderCommand);
  const spec = {
    ...shellSpec(""),
    command: ["/bin/sh", "-c", `stty raw -echo; exec "$0" -e "$1"`, process.execPath, program(budgetPath)],
    server_id: fakeServer.id,
  };
  const { id, record } = await first.start(spec);
  first[Symbol.dispose]();
  const holderPath = `${record.socket_path}.own`;
  renameSync(record.socket_path, holderPath);

  const lives = (proxy: () => { cuts(): number } | undefined) => () =>
    (proxy()?.cuts() ?? 0) < cutsPerHop ? 1500 + random() * 10_000 : Number.POSITIVE_INFINITY;
  let nearHolder: { cuts(): number } | undefined;
  let nearHub: { cuts(): number } | undefined;
  await using holderProxy = await startChaosProxy({
    listen: record.socket_path,
    target: holderPath,
    lives: lives(() => nearHolder),
  });
  await using hubProxy = await startChaosProxy({ listen: 0, target: hub.port, lives: lives(() => nearHub) });
  nearHolder = holderProxy;
  nearHub = hubProxy;

  const terminals = new Terminals(stateDir, sourceHolderCommand);
  await terminals.adopt();
  const log = pino({ level: "silent" });
  const env = sessionBaseEnv();
  const config = readConfig(join(stateDir, "none.yaml"));
  const policy = readPolicy(join(stateDir, "none.yaml"));
  const link = new HubLink({
    registration: {
      hub_url: `http://127.0.0.1:${hubProxy.port}`,
      project_id: fakeServer.project_id,
      server_id: fakeServer.id,
      name: "here",
      api_key: fakeKey,
    },
    terminals,
    report: new Report({ config: () => config, policy: () => policy }, env, new SystemProbe("test")),
    agents: () => new Map(),
    tryAgainMs: () => 300_000,
    baseEnv: env,
    cliFolder: undefined,
    remote: {
      policy: () => policy,
      sessionFolder: () => undefined,
      folders: () => ({ allowed: [], secret: [] }),
      transfersFolder: stateDir,
      env,
      workspace: {
        policy: () => policy.worktrees,
        folder: stateDir,
        repos: () => ({}),
        env,
        sessionFolder: () => undefined,
        occupied: () => [],
        log,
      },
      log,
    },
    log,
    heartbeatEveryMs: 3_600_000,
    firstRetryMs: 10,
  });
  const running = link.run();
  try {
    const last = lineOf(lines - 1);
    await waitFor(() => {
      const received = hub.output(id);
      allow(received.length + aheadBytes);
      return received.subarray(-last.length).toString() === last;
    }, 150_000);
    const printed = Buffer.from(Array.from({ length: lines }, (_, n) => lineOf(n)).join(""));
    const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
    const { output, faults, snapshots } = hub.session(id);
    expect(faults).toEqual([]);
    expect(snapshots).toEqual([]);
    expect(output.length).toBe(printed.length);
    expect(sha256(output)).toBe(sha256(printed));
    expect(holderProxy.cuts()).toBeGreaterThanOrEqual(cutsPerHop);
    expect(hubProxy.cuts()).toBeGreaterThanOrEqual(cutsPerHop);
    expect(hub.mistakes).toEqual([]);
  } finally {
    link.stop();
    await running;
    await terminals.closeAll();
    rmSync(stateDir, { recursive: true, force: true });
  }
});
