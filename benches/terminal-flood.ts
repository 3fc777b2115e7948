/**
 * One session that prints as fast as it can: bytes per second against a terminal served by one process, and CPU of hub
 * and daemon for each MB against those of a relay that sends JSON with base64.
 */
import { median, now, option, round } from "./measure.ts";
import { cpuMs, holdersOf } from "./process-cost.ts";
import { printed, type TerminalStage } from "./terminal.ts";
import { startDirect, startRelay } from "./terminal-baselines.ts";
import { terminalLog } from "./terminal-log.ts";
import { PROGRAMS } from "./terminal-pty.ts";
import { startOurs } from "./terminal-stage.ts";
import { Verdicts } from "./verdicts.ts";

const ROUNDS = option("rounds", 5);

using log = terminalLog(option("mb", 32));
const programs = { flood: PROGRAMS.flood(log.file) };
await using ours = await startOurs(programs);
await using json = await startRelay(programs, { wire: "json" });
await using relay = await startRelay(programs);
await using direct = await startDirect(programs);

interface Flood {
  perSecond: number;
  /** ms for each MB. */
  cpu: Record<string, number>;
}

const floods = new Map<TerminalStage, Flood[]>([direct, relay, json, ours].map((stage) => [stage, []]));
for (let n = 0; n <= ROUNDS; n += 1) {
  for (const [stage, figures] of floods) {
    const figure = await flood(stage);
    // The first round warms everybody up.
    if (n > 0) figures.push(figure);
  }
}
for (const [stage, figures] of floods) {
  const cpu = Object.keys(figures[0]?.cpu ?? {}).map(
    (role) => `${role} ${round(median(figures.map((each) => each.cpu[role] ?? Number.NaN)))} ms/MB`,
  );
  console.log(`  ${stage.name}: ${round(median(figures.map(({ perSecond }) => perSecond)))} MB/s · ${cpu.join(" · ")}`);
}
const ratio = (to: TerminalStage, of: (figure: Flood) => number) =>
  median((floods.get(ours) ?? []).map((each, n) => of(each) / of((floods.get(to) ?? [])[n] as Flood)));
const verdicts = new Verdicts();
verdicts.add(
  "MB/s, x direct",
  ratio(direct, (each) => each.perSecond),
  { least: 0.7 },
);
verdicts.add(
  "hub CPU per MB, x json relay",
  ratio(json, ({ cpu }) => cpu.hub ?? 0),
  { most: 0.4 },
);
verdicts.add(
  "daemon CPU per MB, x json relay",
  ratio(json, ({ cpu }) => cpu.daemon ?? 0),
  { most: 0.6 },
);
const daemonSide = ({ cpu }: Flood) => (cpu.daemon ?? 0) + (cpu.holder ?? 0);
verdicts.add("CPU per MB of daemon and holder, x json relay's daemon", ratio(json, daemonSide));
verdicts.print("P3 a flood");

async function flood(stage: TerminalStage): Promise<Flood> {
  const terminal = await stage.open("flood");
  // The newest: that of the session before may still be on its way out.
  const holders = stage === ours ? holdersOf(ours.pids.daemon ?? 0).slice(-1) : [];
  const workers = [...Object.entries(stage.pids), ...holders.map((pid) => ["holder", pid] as const)];
  const before = workers.map(([role, pid]) => [role, pid, cpuMs(pid)] as const);
  const begun = now();
  const done = printed(terminal, log.bytes);
  terminal.type(Buffer.from("g"));
  await done;
  const ms = now() - begun;
  const cpu = before.map(([role, pid, since]) => [role, (cpuMs(pid) - since) / log.mib]);
  await terminal.close();
  return { perSecond: (log.mib / ms) * 1000, cpu: Object.fromEntries(cpu) };
}
