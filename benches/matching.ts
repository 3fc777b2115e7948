/** The decision where a task goes, and what a server does next, in memory: against one `select 1` in the same run. */
import { bestByScan, type Candidate, meetsHardRequirements, type Requirements } from "@orchestratia/domain/matching";
import { PendingIndex } from "@orchestratia/domain/pending-index";
import { comparePending, type PendingTask } from "@orchestratia/domain/pending-queue";
import { ServerIndex } from "@orchestratia/domain/server-index";
import type { TaskPriority } from "@orchestratia/domain/task-lifecycle";
import pg from "pg";
import { now, option, percentile, report } from "./measure.ts";
import { postgresKinds } from "./postgres.ts";

const SERVERS = option("servers", 1_000);
const TASKS = option("tasks", 10_000);
const LANGUAGES = ["ts", "py", "go", "rust", "java", "c", "cpp", "rb"];
const ENVIRONMENTS = ["linux", "docker", "gpu", "mac", "win"];
const TOOLS = ["git", "docker", "psql", "kubectl", "playwright", "terraform", "aws", "cargo"];
const TAGS = ["fast", "cheap", "prod", "staging", "big-mem", "arm"];
const PRIORITIES: TaskPriority[] = ["low", "normal", "high", "critical"];

let seed = 42;
const random = () => {
  seed = (seed * 1103515245 + 12345) & 0x7fffffff;
  return seed / 0x7fffffff;
};
const upTo = (count: number) => Math.floor(random() * count);
function some<T>(from: readonly T[], count: number): T[] {
  const chosen = new Set<T>();
  while (chosen.size < count) chosen.add(from[upTo(from.length)] as T);
  return [...chosen];
}

const repos = Array.from({ length: Math.max(20, SERVERS / 10) }, (_, n) => `repo-${n}`);
const servers: Candidate[] = Array.from({ length: SERVERS }, (_, n) => ({
  id: `id-${n}`,
  name: `server-${n}`,
  capabilities: {
    repos: some(repos, 3),
    languages: some(LANGUAGES, 3),
    environments: some(ENVIRONMENTS, 2),
    tools: some(TOOLS, 4),
    tags: some(TAGS, 2),
  },
  reachable: random() < 0.9,
  draining: false,
  usageLimited: false,
  startsNoSessions: false,
  activeTasks: upTo(5),
  maxConcurrent: 4,
  lastAssignedAt: upTo(1000),
}));
const tasks: PendingTask[] = Array.from({ length: TASKS }, (_, n) => ({
  id: `task-${n}`,
  priority: PRIORITIES[upTo(4)] as TaskPriority,
  eligibleAt: upTo(3_600_000),
  requirements: requirements(),
}));
function requirements(): Requirements {
  return {
    ...(random() < 0.9 && { repo: repos[upTo(repos.length)] as string }),
    languages: some(LANGUAGES, upTo(2)),
    environments: some(ENVIRONMENTS, upTo(3)),
    tools: some(TOOLS, upTo(3)),
    tags: some(TAGS, upTo(2)),
    ...(random() < 0.02 && { preferServer: `server-${upTo(SERVERS)}` }),
  };
}

const index = new ServerIndex();
for (const server of servers) index.upsert(server);
const pending = new PendingIndex();
for (const task of tasks) pending.add(task);

let differences = 0;
for (const task of tasks.slice(0, 500)) {
  if (index.best(task.requirements)?.id !== bestByScan(task.requirements, servers)?.id) differences += 1;
}
const inOrder = [...tasks].sort(comparePending);
for (const server of servers.slice(0, 200)) {
  const scanned = inOrder.find((task) => meetsHardRequirements(task.requirements, server.capabilities));
  if (pending.bestFor(server.capabilities)?.id !== scanned?.id) differences += 1;
}

const timesOf = (count: number, decide: (n: number) => unknown): number[] => {
  for (let n = 0; n < count; n += 1) decide(n);
  return Array.from({ length: count }, (_, n) => {
    const begun = now();
    decide(n);
    return (now() - begun) * 1000;
  });
};
const placing = timesOf(TASKS, (n) => index.best((tasks[n % TASKS] as PendingTask).requirements));
const taking = timesOf(TASKS, (n) => pending.bestFor((servers[n % SERVERS] as Candidate).capabilities));
const scanning = timesOf(300, (n) => bestByScan((tasks[n] as PendingTask).requirements, servers));

for await (const kind of postgresKinds()) {
  await using postgres = kind;
  const client = new pg.Client(postgres.url);
  await client.connect();
  const asking: number[] = [];
  for (let n = 0; n < 2_000; n += 1) {
    const begun = now();
    await client.query({ name: "one", text: "select 1" });
    if (n >= 1_000) asking.push((now() - begun) * 1000);
  }
  await client.end();
  const one = percentile(asking, 50);
  const figures = (times: number[]) => ({
    "p50 µs": percentile(times, 50),
    "p99 µs": percentile(times, 99),
    "x select 1": percentile(times, 50) / one,
  });
  report(`P11 a server for a task, ${SERVERS} servers`, { ...figures(placing), goal: "<= 0.15" });
  report(`P11 a task for a server, ${TASKS} tasks`, { ...figures(taking), goal: "<= 0.15" });
  report("    the same by scanning", figures(scanning));
  report("    select 1", { "p50 µs": one, "winners unlike the exhaustive scan": differences });
  // The decision touches no disk: the slow flush would say the same.
  break;
}
