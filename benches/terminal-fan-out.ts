/**
 * Many viewers of one session that prints 1 MB/s: the hub's CPU against a hub that sends each frame to each viewer, and
 * how long a byte takes from the program to the viewers.
 */
import { setTimeout as delay } from "node:timers/promises";
import { beside, type Child, startChild } from "./child.ts";
import type { Look, Looked } from "./looker.ts";
import { median, option, percentile, round } from "./measure.ts";
import { cpuMs } from "./process-cost.ts";
import { ready } from "./terminal.ts";
import { startRelay } from "./terminal-baselines.ts";
import { terminalLog } from "./terminal-log.ts";
import { PROGRAMS } from "./terminal-pty.ts";
import { startOurs } from "./terminal-stage.ts";
import { Verdicts } from "./verdicts.ts";

const ROUNDS = option("rounds", 5);
const SECONDS = option("seconds", 4);
const P99_MS = 12;
const MIB = 1024 * 1024;

using log = terminalLog(1);
const programs = { steady: PROGRAMS.steady(log.file) };
await using ours = await startOurs(programs);
await using plain = await startRelay(programs, { wire: "plain" });

const session = await ours.start("steady");
const typist = await ours.look(session);
await ready(typist);
typist.type(Buffer.from("g"));
await typist.leave();
const steady = await plain.open("steady");
steady.type(Buffer.from("g"));

interface Figure {
  cpu: number;
  p99: number;
  delivered: number;
}

const verdicts = new Verdicts();
for (const [viewers, goal] of [
  [option("few", 100), 0.7],
  [option("many", 500), 0.45],
] as const) {
  const figures: { ours: Figure; plain: Figure }[] = [];
  for (let n = 0; n < ROUNDS; n += 1) {
    figures.push({
      plain: await measure(plain.pids.hub ?? 0, { viewers, url: `ws://127.0.0.1:${plain.port}/view?session=1` }),
      ours: await measure(ours.pids.hub ?? 0, {
        viewers,
        url: "",
        ours: { port: ours.port, token: ours.token, session },
      }),
    });
  }
  for (const who of ["plain", "ours"] as const) {
    const of = (what: keyof Figure) => round(median(figures.map((each) => each[who][what])));
    console.log(`  ${viewers} viewers, ${who}: hub CPU ${of("cpu")} % · p99 ${of("p99")} ms · ${of("delivered")} MB/s`);
  }
  const ratio = (what: keyof Figure) => median(figures.map((each) => each.ours[what] / each.plain[what]));
  verdicts.add(`${viewers} viewers: hub CPU, x ws.send to each`, ratio("cpu"), { most: goal });
  verdicts.add(`${viewers} viewers: p99 from program to viewer, ms`, median(figures.map((each) => each.ours.p99)), {
    most: P99_MS,
  });
  verdicts.add(`${viewers} viewers: p99, x ws.send to each`, ratio("p99"));
}
verdicts.print("P5 fan-out");
await steady.close();

async function measure(hub: number, look: Look): Promise<Figure> {
  await using looker = await startChild(beside("./looker.ts"), [JSON.stringify(look)]);
  await delay(1_000);
  await ask(looker);
  const before = cpuMs(hub);
  const begun = performance.now();
  await delay(SECONDS * 1_000);
  const ms = performance.now() - begun;
  const cpu = ((cpuMs(hub) - before) / ms) * 100;
  const { bytes, ages } = await ask(looker);
  return { cpu, p99: percentile(ages, 99), delivered: (bytes / MIB / ms) * 1_000 };
}

function ask(looker: Child): Promise<Looked> {
  return new Promise((resolve) => {
    looker.process.once("message", (looked) => resolve(looked as Looked));
    looker.process.send("tell");
  });
}
