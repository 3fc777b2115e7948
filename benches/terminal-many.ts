/**
 * A hundred sessions of one daemon with somebody typing in each: how long echoes take, against as many in one process;
 * how soon a viewer and a daemon are back; and what a session costs the daemon's machine in memory.
 */
import { setTimeout as delay } from "node:timers/promises";
import { beside, startChild } from "./child.ts";
import { echoTimes } from "./echo-times.ts";
import { median, now, option, percentile, round } from "./measure.ts";
import { holdersOf, proportionalKb, residentKb } from "./process-cost.ts";
import { type BenchTerminal, printed, type TerminalStage } from "./terminal.ts";
import { startDirect } from "./terminal-baselines.ts";
import { PROGRAMS } from "./terminal-pty.ts";
import { startOurs } from "./terminal-stage.ts";
import type { Viewer } from "./terminal-viewer.ts";
import { Verdicts } from "./verdicts.ts";

const SESSIONS = option("sessions", 100);
const SAMPLES = option("samples", 20);
const ROUNDS = option("rounds", 5);
/** Each types a key about so often. */
const KEY_EVERY_MS = 250;

const programs = { echo: PROGRAMS.echo };
let cut = () => {};
await using ours = await startOurs(programs, {
  async through(port) {
    const proxy = await startChild(beside("./delay-proxy.ts"), [String(port), "0"]);
    cut = () => proxy.process.send("cut");
    // It leaves when we do, and does not keep us.
    proxy.process.unref();
    proxy.process.channel?.unref();
    return (proxy.said as { port: number }).port;
  },
});
await using direct = await startDirect(programs);
const daemon = ours.pids.daemon ?? 0;
const verdicts = new Verdicts();

const empty = residentKb(daemon);
const terminals = new Map<TerminalStage, BenchTerminal[]>();
for (const stage of [direct, ours]) terminals.set(stage, await openAll(stage));
const ratios = { p50: [] as number[], p99: [] as number[] };
const p99s: number[] = [];
for (let n = 0; n <= ROUNDS; n += 1) {
  const baseline = await typeEverywhere(direct);
  const measured = await typeEverywhere(ours);
  // The first round warms everybody up.
  if (n === 0) continue;
  console.log(`  round ${n}: p50 ${round(measured.p50)} ms, p99 ${round(measured.p99)} ms`);
  ratios.p50.push(measured.p50 / baseline.p50);
  ratios.p99.push(measured.p99 / baseline.p99);
  p99s.push(measured.p99);
}
verdicts.add(`${SESSIONS} sessions: echo p50, x direct`, median(ratios.p50), { most: 3 });
verdicts.add(`${SESSIONS} sessions: echo p99, x direct`, median(ratios.p99));
verdicts.add(`${SESSIONS} sessions: echo p99, ms`, median(p99s));

const holders = holdersOf(daemon);
verdicts.add("daemon: resident for each session, KB", (residentKb(daemon) - empty) / SESSIONS);
verdicts.add("holder: resident, KB", median(holders.map(residentKb)));
verdicts.add("holder: its share of what it shares, KB", median(holders.map(proportionalKb)));

const [first] = (terminals.get(ours) ?? []) as Viewer[];
if (first) await comeBack(first);
verdicts.print("Many sessions");

async function openAll(stage: TerminalStage): Promise<BenchTerminal[]> {
  const opened: BenchTerminal[] = [];
  for (let n = 0; n < SESSIONS; n += 1) opened.push(await stage.open("echo"));
  return opened;
}

async function typeEverywhere(stage: TerminalStage): Promise<{ p50: number; p99: number }> {
  const times = await Promise.all(
    (terminals.get(stage) ?? []).map(async (terminal, n) => {
      await delay((n / SESSIONS) * KEY_EVERY_MS);
      return await echoTimes(terminal, SAMPLES, KEY_EVERY_MS);
    }),
  );
  return { p50: percentile(times.flat(), 50), p99: percentile(times.flat(), 99) };
}

/** From a line that breaks to the next byte: the viewer's own line, and the daemon's. */
async function comeBack(viewer: Viewer): Promise<void> {
  const viewerBack: number[] = [];
  const daemonBack: number[] = [];
  let current = viewer;
  for (let n = 0; n < ROUNDS; n += 1) {
    const begun = now();
    await current.leave();
    current = await ours.look(viewer.session, { offset: current.end });
    await firstEcho(current);
    viewerBack.push(now() - begun);
  }
  for (let n = 0; n < ROUNDS; n += 1) {
    const begun = now();
    cut();
    await firstEcho(current);
    daemonBack.push(now() - begun);
  }
  verdicts.add("viewer's line cut: ms to the next echo", median(viewerBack), { most: 2_000 });
  verdicts.add("daemon's line cut: ms to the next echo", median(daemonBack), { most: 2_000 });
}

/** Types until an echo comes: what is typed while nobody is there to take it is gone. */
async function firstEcho(viewer: Viewer): Promise<void> {
  const echoed = printed(viewer, 1);
  const timer = setInterval(() => viewer.type(Buffer.from("a")), 10);
  viewer.type(Buffer.from("a"));
  await echoed;
  clearInterval(timer);
  await delay(100);
}
