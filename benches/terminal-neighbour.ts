/**
 * What somebody who types notices of another session of the same daemon: one that prints 1 MB/s, against no neighbour,
 * and one that prints as fast as it can, against a terminal server with the same neighbour.
 */
import { beside, startChild } from "./child.ts";
import { echoTimes } from "./echo-times.ts";
import type { Look } from "./looker.ts";
import { median, option, percentile, round } from "./measure.ts";
import type { BenchTerminal, TerminalStage } from "./terminal.ts";
import { startDirect, startRelay } from "./terminal-baselines.ts";
import { terminalLog } from "./terminal-log.ts";
import { PROGRAMS } from "./terminal-pty.ts";
import { startOurs } from "./terminal-stage.ts";
import { Verdicts } from "./verdicts.ts";

const SAMPLES = option("samples", 300);
const ROUNDS = option("rounds", 5);

using log = terminalLog(8);
const programs = {
  echo: PROGRAMS.echo,
  steady: PROGRAMS.steady(log.file),
  endless: PROGRAMS.endless(log.file),
};
await using ours = await startOurs(programs);
await using relay = await startRelay(programs);
await using direct = await startDirect(programs);

type Program = "steady" | "endless";
const stages: TerminalStage[] = [direct, relay, ours];
const typists = new Map<TerminalStage, BenchTerminal>();
for (const stage of stages) {
  const typist = await stage.open("echo");
  typists.set(stage, typist);
  await echoTimes(typist, 100);
}
const p99s: Record<string, number[]> = {};
for (let n = 0; n < ROUNDS; n += 1) {
  for (const stage of stages) {
    await measure(stage, undefined);
    await measure(stage, "steady");
    await measure(stage, "endless");
  }
}
for (const [what, values] of Object.entries(p99s)) console.log(`  ${what}: p99 ${round(median(values))} ms`);
const ratio = (what: string, to: string) =>
  median((p99s[what] ?? []).map((value, n) => value / (p99s[to]?.[n] ?? Number.NaN)));
const verdicts = new Verdicts();
verdicts.add("beside 1 MB/s: p99, x ours alone", ratio("ours, steady", "ours, alone"), { most: 1.3 });
verdicts.add("beside 1 MB/s: p99, x direct beside 1 MB/s", ratio("ours, steady", "direct, steady"));
verdicts.add("beside a flood: p99, x direct beside a flood", ratio("ours, endless", "direct, endless"), { most: 2 });
verdicts.add("beside a flood: p99, x relay beside a flood", ratio("ours, endless", "binary relay, endless"));
verdicts.print("P2 a neighbour");

async function measure(stage: TerminalStage, program: Program | undefined): Promise<void> {
  await using _neighbour = program && (await neighbour(stage, program));
  const times = await echoTimes(typists.get(stage) as BenchTerminal, SAMPLES);
  const what = `${stage.name}, ${program ?? "alone"}`;
  p99s[what] = [...(p99s[what] ?? []), percentile(times, 99)];
}

/** A session that prints, and somebody else's process that reads it. */
async function neighbour(stage: TerminalStage, program: Program): Promise<AsyncDisposable> {
  const look: Look = { url: "", viewers: 1, drive: true };
  const session = stage === ours ? await ours.start(program) : undefined;
  if (session) look.ours = { port: ours.port, token: ours.token, session };
  else look.url = `ws://127.0.0.1:${stage.port}/view?command=${encodeURIComponent(programs[program])}`;
  const looker = await startChild(beside("./looker.ts"), [JSON.stringify(look)]);
  return {
    async [Symbol.asyncDispose]() {
      await looker[Symbol.asyncDispose]();
      if (session) await ours.ask("DELETE", `/sessions/${session}`);
    },
  };
}
