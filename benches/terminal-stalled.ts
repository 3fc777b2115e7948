/** Viewers that stop reading a session that prints 1 MB/s: what they cost the hub, and what those who read notice. */
import { setTimeout as delay } from "node:timers/promises";
import { beside, type Child, startChild } from "./child.ts";
import type { Look, Looked } from "./looker.ts";
import { median, option, percentile, round } from "./measure.ts";
import { residentKb } from "./process-cost.ts";
import { ready } from "./terminal.ts";
import { terminalLog } from "./terminal-log.ts";
import { PROGRAMS } from "./terminal-pty.ts";
import { startOurs } from "./terminal-stage.ts";
import { Verdicts } from "./verdicts.ts";

const ROUNDS = option("rounds", 5);
const SECONDS = option("seconds", 6);
const STALLED = option("stalled", 10);
const READERS = 5;
/** What the kernel's buffers of a loopback connection hold before the hub's own fill: it is printed first. */
const FILL_SECONDS = option("fill-seconds", 8);

using log = terminalLog(1);
await using ours = await startOurs({ steady: PROGRAMS.steady(log.file) });
const hub = ours.pids.hub ?? 0;
const session = await ours.start("steady");
const driver = await ours.look(session);
await ready(driver);
driver.type(Buffer.from("g"));

const p99s: number[] = [];
const growths: number[] = [];
const shares: number[] = [];
for (let n = 0; n <= ROUNDS; n += 1) {
  const alone = await measure();
  const stalled = await Promise.all(Array.from({ length: STALLED }, () => ours.look(session, { mode: "watch" })));
  const before = residentKb(hub);
  for (const each of stalled) each.stall();
  const filling = await measure(FILL_SECONDS);
  const beside = await measure();
  const growth = (residentKb(hub) - before) / 1024 / STALLED;
  for (const each of stalled) await each.leave();
  // The first round warms everybody up.
  if (n === 0) continue;
  p99s.push(beside.p99 / alone.p99);
  growths.push(growth);
  shares.push(Math.min(filling.rate, beside.rate) / alone.rate);
  console.log(`  round ${n}: p99 alone ${round(alone.p99)} ms, beside ${round(beside.p99)} ms`);
}
const verdicts = new Verdicts();
verdicts.add(`hub's growth for each of ${STALLED} stalled viewers, MB`, median(growths), { most: 1 });
verdicts.add("p99 from program to others, x without them", median(p99s), { most: 1.2 });
verdicts.add("what the others get per second, x without them", median(shares), { least: 0.95 });
verdicts.print("P6 stalled viewers");

async function measure(seconds = SECONDS): Promise<{ p99: number; rate: number }> {
  const look: Look = { url: "", viewers: READERS, ours: { port: ours.port, token: ours.token, session } };
  await using looker = await startChild(beside("./looker.ts"), [JSON.stringify(look)]);
  await delay(500);
  await ask(looker);
  const begun = performance.now();
  await delay(seconds * 1_000);
  const { bytes, ages } = await ask(looker);
  return { p99: percentile(ages, 99), rate: bytes / (performance.now() - begun) };
}

function ask(looker: Child): Promise<Looked> {
  return new Promise((resolve) => {
    looker.process.once("message", (looked) => resolve(looked as Looked));
    looker.process.send("tell");
  });
}
