import { durationMs } from "./duration.ts";

/** What a server offers. Compared without regard to case. */
export type Capabilities = {
  readonly repos: readonly string[];
  readonly languages: readonly string[];
  readonly environments: readonly string[];
  readonly tools: readonly string[];
  readonly tags: readonly string[];
};

/** What a task asks of its server. What is absent or empty neither scores nor disqualifies. */
export type Requirements = {
  readonly repo?: string;
  readonly languages: readonly string[];
  readonly environments: readonly string[];
  readonly tools: readonly string[];
  readonly tags: readonly string[];
  /** A server's name or id. */
  readonly preferServer?: string;
  /** While the preferred server is off or full, the task waits for it at most so long. */
  readonly waitForPreferredMs?: number;
};

/** What the hub says of a server instead of its daemon; what is absent holds as reported. */
export type CapabilitiesOverride = { readonly [Member in keyof Capabilities]?: Capabilities[Member] | undefined };

/** What counts of a server: the report overlaid by the hub's override, member by member. */
export function effectiveCapabilities(
  reported: Capabilities,
  override: CapabilitiesOverride | null | undefined,
): Capabilities {
  return {
    repos: override?.repos ?? reported.repos,
    languages: override?.languages ?? reported.languages,
    environments: override?.environments ?? reported.environments,
    tools: override?.tools ?? reported.tools,
    tags: override?.tags ?? reported.tags,
  };
}

/** A server as the matcher sees it. */
export type Candidate = {
  readonly id: string;
  readonly name: string;
  readonly capabilities: Capabilities;
  /** Heartbeat fresh and socket signed in. */
  readonly reachable: boolean;
  /** Finishes what it has and takes nothing new. */
  readonly draining: boolean;
  /** The agents that could work there have reached their usage limits. */
  readonly usageLimited: boolean;
  /** Its machine's owner lets the hub start no sessions there. */
  readonly startsNoSessions: boolean;
  readonly activeTasks: number;
  readonly maxConcurrent: number;
  /** Epoch milliseconds, 0 for never. */
  readonly lastAssignedAt: number;
};

export const MATCH_POINTS = {
  repo: 100,
  languages: 50,
  environments: 30,
  tool: 10,
  tag: 5,
  preferServer: 200,
  online: 25,
  capacity: 50,
} as const;

export type HardCriterion = "repo" | "languages" | "environments";
export type CriterionName = HardCriterion | "tools" | "tags" | "prefer_server" | "online" | "capacity";

/** Why a server is not chosen automatically; a person may still assign to it. */
export type Disqualifier =
  | HardCriterion
  | "unreachable"
  | "draining"
  | "usage_limited"
  | "starts_no_sessions"
  | "no_capacity"
  | "tried"
  | "waits_for_preferred";

/** What a task's own history says about where it may go. */
export type Placing = {
  /** Servers on which it could not be started. */
  readonly tried?: ReadonlySet<string> | undefined;
  /** It still has time to wait for the server it prefers. */
  readonly waits?: boolean;
};

export type Criterion = { name: CriterionName; points: number; matched: string[]; missing: string[] };

export type MatchExplanation = {
  /** The points of all criteria, also when the server is disqualified. */
  score: number;
  /** For automatic assignment. */
  eligible: boolean;
  disqualifiers: Disqualifier[];
  criteria: Criterion[];
};

type Compared = { matched: string[]; missing: string[] };
const forAll = (points: number) => (found: Compared) => (found.missing.length === 0 ? points : 0);
const forAny = (points: number) => (found: Compared) => (found.matched.length > 0 ? points : 0);
const forEach = (points: number) => (found: Compared) => points * found.matched.length;

type Asked = readonly [readonly string[], readonly string[], (found: Compared) => number];

function hardCriteria(asked: Requirements, has: Capabilities): Record<HardCriterion, Asked> {
  return {
    repo: [listOf(asked.repo), has.repos, forAll(MATCH_POINTS.repo)],
    languages: [asked.languages, has.languages, forAll(MATCH_POINTS.languages)],
    environments: [asked.environments, has.environments, forAny(MATCH_POINTS.environments)],
  };
}

/** What the server would score for the task, criterion by criterion; what the task does not ask for is left out. */
export function explainMatch(
  requirements: Requirements,
  candidate: Candidate,
  tried?: ReadonlySet<string>,
): MatchExplanation {
  const { capabilities: has } = candidate;
  const hard = weigh(hardCriteria(requirements, has));
  const soft = weigh({
    tools: [requirements.tools, has.tools, forEach(MATCH_POINTS.tool)],
    tags: [requirements.tags, has.tags, forEach(MATCH_POINTS.tag)],
    prefer_server: [
      listOf(requirements.preferServer),
      [candidate.name, candidate.id],
      forAny(MATCH_POINTS.preferServer),
    ],
  });
  const free = candidate.activeTasks < candidate.maxConcurrent;
  const criteria: Criterion[] = [
    ...hard,
    ...soft,
    { name: "online", points: candidate.reachable ? MATCH_POINTS.online : 0, matched: [], missing: [] },
    { name: "capacity", points: free ? MATCH_POINTS.capacity : 0, matched: [], missing: [] },
  ];
  const disqualifiers: Disqualifier[] = hard.filter(({ points }) => points === 0).map(({ name }) => name);
  if (!candidate.reachable) disqualifiers.push("unreachable");
  if (candidate.draining) disqualifiers.push("draining");
  if (candidate.usageLimited) disqualifiers.push("usage_limited");
  if (candidate.startsNoSessions) disqualifiers.push("starts_no_sessions");
  if (!free) disqualifiers.push("no_capacity");
  if (tried?.has(candidate.id)) disqualifiers.push("tried");
  const score = criteria.reduce((sum, { points }) => sum + points, 0);
  return { score, eligible: disqualifiers.length === 0, disqualifiers, criteria };
}

function weigh<Name extends CriterionName>(asked: Record<Name, Asked>): (Criterion & { name: Name })[] {
  return (Object.keys(asked) as Name[]).flatMap((name) => {
    const [required, offered, points] = asked[name];
    const has = new Set(offered.map(fold));
    const matched = required.filter((value) => has.has(fold(value)));
    const missing = required.filter((value) => !has.has(fold(value)));
    return required.length === 0 ? [] : [{ name, points: points({ matched, missing }), matched, missing }];
  });
}

/** Whether a server with these capabilities may run the task at all, whatever its state. */
export function meetsHardRequirements(requirements: Requirements, capabilities: Capabilities): boolean {
  return weigh(hardCriteria(requirements, capabilities)).every(({ points }) => points > 0);
}

/** Whether this is the server that the task would rather have, by its name or id. */
const isPreferred = ({ preferServer }: Requirements, { id, name }: Pick<Candidate, "id" | "name">): boolean =>
  preferServer !== undefined && [name, id].some((called) => fold(called) === fold(preferServer));

/** The server is off or full, and that is all that keeps the task from it: worth some patience when it is preferred. */
function mayBeAwaited(requirements: Requirements, candidate: Candidate, tried?: ReadonlySet<string>): boolean {
  const { disqualifiers } = explainMatch(requirements, candidate, tried);
  return (
    disqualifiers.length > 0 && disqualifiers.every((reason) => reason === "unreachable" || reason === "no_capacity")
  );
}

export type Ranked = { candidate: Candidate; score: number };

/** Best first: score, fewest active tasks, least recently assigned, name, id. A total order, the same on every machine. */
export function compareCandidates(left: Ranked, right: Ranked): number {
  return right.score - left.score || compareLoad(left.candidate, right.candidate);
}

/** The order among servers of one score. */
export function compareLoad(left: Candidate, right: Candidate): number {
  return (
    left.activeTasks - right.activeTasks ||
    left.lastAssignedAt - right.lastAssignedAt ||
    compareText(left.name, right.name) ||
    compareText(left.id, right.id)
  );
}

/** By code unit: a locale would order differently from machine to machine. */
function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Every candidate explained, the eligible ones first, each part best first. The first eligible one gets the task. */
export function explainPlacing(
  requirements: Requirements,
  candidates: Iterable<Candidate>,
  { tried, waits }: Placing = {},
): (Ranked & MatchExplanation)[] {
  // Looked at twice, and an iterator can be gone through once.
  const all = [...candidates];
  const explained = all.map((candidate) => ({ candidate, ...explainMatch(requirements, candidate, tried) }));
  if (waits && awaitedByScan(requirements, all, tried)) {
    for (const one of explained) {
      if (one.eligible) one.disqualifiers.push("waits_for_preferred");
      one.eligible = false;
    }
  }
  return explained.sort(
    (left, right) => Number(right.eligible) - Number(left.eligible) || compareCandidates(left, right),
  );
}

/** Where an automatic assignment goes, found by explaining every server: what `ServerIndex.best` must equal. */
export function bestByScan(
  requirements: Requirements,
  candidates: Iterable<Candidate>,
  placing?: Placing,
): Candidate | undefined {
  const [first] = explainPlacing(requirements, candidates, placing);
  return first?.eligible ? first.candidate : undefined;
}

/** The preferred server that is worth waiting for: none when a preferred one can be had. */
export function awaitedByScan(
  requirements: Requirements,
  candidates: Iterable<Candidate>,
  tried?: ReadonlySet<string>,
): Candidate | undefined {
  const preferred = [...candidates].filter((candidate) => isPreferred(requirements, candidate));
  if (preferred.some((candidate) => explainMatch(requirements, candidate, tried).eligible)) return undefined;
  return preferred.find((candidate) => mayBeAwaited(requirements, candidate, tried));
}

/** Attributes are compared in this form. */
export function fold(value: string): string {
  return value.toLowerCase();
}

function listOf(value: string | undefined): readonly string[] {
  return value === undefined ? [] : [value];
}

/** Reads `capability_requirements` of a structured spec: lower case, each value once; what is not text is passed over. */
export function requirementsFrom(structuredSpec: unknown): Requirements {
  const asked = memberOf(structuredSpec, "capability_requirements");
  const [repo] = values(memberOf(asked, "repo"));
  const [preferServer] = values(memberOf(asked, "prefer_server"));
  const waitForPreferredMs = durationMs(memberOf(asked, "wait_for_preferred"));
  return {
    languages: values(memberOf(asked, "languages")),
    environments: values(memberOf(asked, "environments")),
    tools: values(memberOf(asked, "tools")),
    tags: values(memberOf(asked, "tags")),
    ...(repo !== undefined && { repo }),
    ...(preferServer !== undefined && { preferServer }),
    ...(preferServer !== undefined && waitForPreferredMs !== undefined && { waitForPreferredMs }),
  };
}

function values(member: unknown): string[] {
  const listed: unknown[] = Array.isArray(member) ? member : [member];
  const texts = listed.filter((value) => typeof value === "string").map((value) => fold(value.trim()));
  return [...new Set(texts)].filter((value) => value !== "");
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

/** One text for all requirements that ask for the same, in whatever order and case they say it. */
export function requirementsKey(requirements: Requirements): string {
  const { repo, languages, environments, tools, tags, preferServer, waitForPreferredMs } = requirements;
  const lists = [languages, environments, tools, tags].map((list) => [...new Set(list.map(fold))].sort());
  return JSON.stringify([
    repo === undefined ? null : fold(repo),
    ...lists,
    preferServer === undefined ? null : fold(preferServer),
    waitForPreferredMs ?? null,
  ]);
}

/** The part that can disqualify a server: tasks that agree in it can run on the same servers. */
export function hardRequirements({ repo, languages, environments }: Requirements): Requirements {
  return { languages, environments, tools: [], tags: [], ...(repo !== undefined && { repo }) };
}
