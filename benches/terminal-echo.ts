/**
 * From a typed byte to its echo through hub, daemon, holder and back, against the least that could do it: a relay of the
 * same three processes, one whose agent holds its terminals itself, and a terminal served by one process; beside each
 * other, on loopback and with a round trip of 20 ms.
 */
import { beside, startChild } from "./child.ts";
import { echoTimes } from "./echo-times.ts";
import { median, option, percentile, round } from "./measure.ts";
import type { BenchTerminal, TerminalStage } from "./terminal.ts";
import { startDirect, startRelay } from "./terminal-baselines.ts";
import { PROGRAMS } from "./terminal-pty.ts";
import { startOurs } from "./terminal-stage.ts";
import { Verdicts } from "./verdicts.ts";

const SAMPLES = option("samples", 400);
const FAR_SAMPLES = option("far-samples", 60);
const ROUNDS = option("rounds", 5);
const PIECE = 20;
const HALF_WAY_MS = 10;
const programs = { echo: PROGRAMS.echo };

await using ours = await startOurs(programs);
await using heldRelay = await startRelay(programs, { held: true });
await using relay = await startRelay(programs);
await using direct = await startDirect(programs);
const stages = [direct, relay, heldRelay, ours];
const verdicts = new Verdicts();
await compare("loopback", SAMPLES, (stage) => stage.open("echo"), {
  direct: 3,
  "held relay": 1.3,
  "binary relay": undefined,
});
const proxies = new Map<TerminalStage, number>();
const children = [];
for (const stage of stages) {
  const proxy = await startChild(beside("./delay-proxy.ts"), [String(stage.port), String(HALF_WAY_MS)]);
  children.push(proxy);
  proxies.set(stage, (proxy.said as { port: number }).port);
}
await compare("20 ms away", FAR_SAMPLES, (stage) => stage.open("echo", proxies.get(stage)), {
  direct: 1.03,
  "held relay": undefined,
});
for (const child of children) await child[Symbol.asyncDispose]();
verdicts.print("P1 echo");

async function compare(
  where: string,
  samples: number,
  open: (stage: TerminalStage) => Promise<BenchTerminal>,
  goals: Record<string, number | undefined>,
): Promise<void> {
  const terminals = new Map<string, BenchTerminal>();
  for (const stage of stages) terminals.set(stage.name, await open(stage));
  const rounds: Record<string, { p50: number; p99: number }[]> = {};
  for (let n = 0; n <= ROUNDS; n += 1) {
    const times = new Map<string, number[]>();
    // In small pieces by turns: what else the machine does then meets all of them.
    for (let done = 0; done < samples; done += PIECE) {
      for (const [name, terminal] of terminals) {
        times.set(name, [...(times.get(name) ?? []), ...(await echoTimes(terminal, PIECE))]);
      }
    }
    for (const [name, each] of times) {
      // The first round warms everybody up.
      if (n === 0) rounds[name] = [];
      else rounds[name]?.push({ p50: percentile(each, 50), p99: percentile(each, 99) });
    }
  }
  for (const [name, figures] of Object.entries(rounds)) {
    const [p50, p99] = [median(figures.map((each) => each.p50)), median(figures.map((each) => each.p99))];
    console.log(`  ${where}, ${name}: p50 ${round(p50)} ms · p99 ${round(p99)} ms`);
  }
  for (const [baseline, goal] of Object.entries(goals)) {
    const ratio = (what: "p50" | "p99") =>
      median((rounds.ours ?? []).map((each, n) => each[what] / (rounds[baseline]?.[n]?.[what] ?? Number.NaN)));
    verdicts.add(`${where}: p50, x ${baseline}`, ratio("p50"), goal === undefined ? undefined : { most: goal });
    verdicts.add(`${where}: p99, x ${baseline}`, ratio("p99"));
  }
  for (const terminal of terminals.values()) await terminal.close();
}
