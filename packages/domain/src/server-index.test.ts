import fc from "fast-check";
import { expect, test } from "vitest";
import {
  awaitedByScan,
  bestByScan,
  type Candidate,
  compareCandidates,
  explainMatch,
  type Requirements,
} from "./matching.ts";
import { ServerIndex } from "./server-index.ts";

// Few values each, so that servers and requirements meet often, differ by one attribute, and tie.
// Left to itself `subarray` hardly ever draws the empty one, which is the commonest requirement.
const some = (...values: string[]) => fc.oneof(fc.constant<string[]>([]), fc.subarray(values));
const capabilities = fc.record({
  repos: some("r1", "R2"),
  languages: some("go", "TS", "c"),
  environments: some("linux", "gpu"),
  tools: some("git", "Docker", "aws"),
  tags: some("fast", "arm"),
});
const requirements: fc.Arbitrary<Requirements> = fc.record(
  {
    repo: fc.constantFrom("r1", "r2", "none"),
    preferServer: fc.constantFrom("server-1", "ID3", "none"),
    languages: some("go", "Ts"),
    environments: some("Linux", "gpu", "none"),
    tools: some("git", "docker", "none"),
    tags: some("fast", "ARM"),
  },
  { requiredKeys: ["languages", "environments", "tools", "tags"] },
);
const ids = fc.integer({ min: 0, max: 11 }).map((number) => `id${number}`);
const candidates: fc.Arbitrary<Candidate> = fc.record({
  id: ids,
  name: fc.integer({ min: 0, max: 5 }).map((number) => `server-${number}`),
  capabilities,
  reachable: fc.integer({ min: 0, max: 4 }).map((number) => number > 0),
  draining: fc.integer({ min: 0, max: 4 }).map((number) => number === 0),
  usageLimited: fc.integer({ min: 0, max: 4 }).map((number) => number === 0),
  startsNoSessions: fc.integer({ min: 0, max: 4 }).map((number) => number === 0),
  activeTasks: fc.integer({ min: 0, max: 2 }),
  maxConcurrent: fc.integer({ min: 1, max: 3 }),
  lastAssignedAt: fc.constantFrom(0, 1000, 1_800_000_000_000),
});
const fleets = fc.uniqueArray(candidates, { minLength: 1, maxLength: 12, selector: ({ id }) => id });

const indexed = (fleet: readonly Candidate[]) => {
  const index = new ServerIndex();
  for (const candidate of fleet) index.upsert(candidate);
  return index;
};

test("a disqualified server is never picked, and nobody is picked only when all are disqualified", () => {
  let picked = 0;
  fc.assert(
    fc.property(fleets, requirements, (fleet, asked) => {
      const best = indexed(fleet).best(asked);
      if (best) {
        picked += 1;
        expect(explainMatch(asked, best).disqualifiers).toEqual([]);
      } else {
        expect(fleet.filter((candidate) => explainMatch(asked, candidate).eligible)).toEqual([]);
      }
    }),
    { numRuns: 300 },
  );
  expect(picked).toBeGreaterThan(0);
});

type Change =
  | { do: "upsert"; candidate: Candidate }
  | { do: "remove"; id: string }
  | { do: "reach"; id: string; reachable: boolean }
  | { do: "adjust"; id: string; delta: number; at: number | undefined };
const changes: fc.Arbitrary<Change> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("upsert" as const), candidate: candidates }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("remove" as const), id: ids }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reach" as const), id: ids, reachable: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("adjust" as const),
      id: ids,
      delta: fc.constantFrom(-1, 1),
      at: fc.option(fc.constantFrom(500, 2000), { nil: undefined }),
    }),
  },
);

/** The same change on a plain map: what the index is held against. */
function apply(change: Change, index: ServerIndex, model: Map<string, Candidate>) {
  const known = change.do === "upsert" ? undefined : model.get(change.id);
  switch (change.do) {
    case "upsert":
      index.upsert(change.candidate);
      model.set(change.candidate.id, change.candidate);
      break;
    case "remove":
      index.remove(change.id);
      model.delete(change.id);
      break;
    case "reach":
      index.setReachable(change.id, change.reachable);
      if (known) model.set(change.id, { ...known, reachable: change.reachable });
      break;
    case "adjust":
      index.adjustActive(change.id, change.delta, change.at);
      if (known) {
        const lastAssignedAt = change.at ?? known.lastAssignedAt;
        model.set(change.id, { ...known, activeTasks: known.activeTasks + change.delta, lastAssignedAt });
      }
  }
}

test("after any changes the best server is the one an exhaustive scan finds, and asking again finds it again", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(changes, requirements), { maxLength: 80 }),
      fc.uniqueArray(ids, { maxLength: 4 }),
      fc.boolean(),
      (steps, excluded, waits) => {
        const index = new ServerIndex();
        const model = new Map<string, Candidate>();
        const placing = { tried: new Set(excluded), waits };
        for (const [change, asked] of steps) {
          apply(change, index, model);
          const best = bestByScan(asked, model.values());
          expect(index.best(asked)).toEqual(best);
          expect(index.best(asked)).toEqual(best);
          expect(index.best(asked, placing)).toEqual(bestByScan(asked, model.values(), placing));
          expect(index.awaited(asked, placing.tried)).toEqual(awaitedByScan(asked, model.values(), placing.tried));
        }
        expect(index.size).toBe(model.size);
        for (const [id, candidate] of model) expect(index.get(id)).toEqual(candidate);
      },
    ),
    { numRuns: 200 },
  );
});

test("the order in which servers became known changes nothing", () => {
  const shuffles = fleets.chain((fleet) =>
    fc.tuple(fc.constant(fleet), fc.shuffledSubarray(fleet, { minLength: fleet.length })),
  );
  fc.assert(
    fc.property(shuffles, requirements, ([fleet, shuffled], asked) => {
      expect(indexed(shuffled).best(asked)).toEqual(indexed(fleet).best(asked));
      expect(indexed(shuffled).ranked(asked, 5)).toEqual(indexed(fleet).ranked(asked, 5));
    }),
  );
});

test("the ranking is the exhaustive one, cut off", () => {
  fc.assert(
    fc.property(fleets, requirements, fc.nat(14), (fleet, asked, limit) => {
      const explained = fleet.map((candidate) => ({ candidate, ...explainMatch(asked, candidate) }));
      const ranked = explained.filter(({ eligible }) => eligible).sort(compareCandidates);
      expect(indexed(fleet).ranked(asked, limit)).toEqual(ranked.slice(0, limit).map(({ candidate }) => candidate));
    }),
  );
});

test("a fleet that outgrows its room, several times, is still searched whole", () => {
  const fleet = Array.from(
    { length: 700 },
    (_, at): Candidate => ({
      id: `id${at}`,
      name: `server-${at}`,
      capabilities: {
        repos: [`r${at % 7}`],
        languages: at % 2 ? ["go"] : ["ts"],
        environments: ["linux"],
        tools: at % 3 ? [] : ["git"],
        tags: at === 655 ? ["only"] : [],
      },
      reachable: at % 5 !== 0,
      draining: false,
      usageLimited: false,
      startsNoSessions: false,
      activeTasks: at % 3,
      maxConcurrent: 3,
      lastAssignedAt: (at * 7919) % 1000,
    }),
  );
  const index = indexed(fleet);
  expect(index.size).toBe(700);
  const nothing = { languages: [], environments: [], tools: [], tags: [] };
  for (const asked of [
    nothing,
    { ...nothing, tags: ["only"] },
    { ...nothing, preferServer: "server-699" },
    ...Array.from({ length: 7 }, (_, at) => ({ ...nothing, repo: `r${at}`, languages: ["go"], tools: ["git"] })),
  ]) {
    expect(index.best(asked)).toEqual(bestByScan(asked, fleet));
  }
  for (const { id } of fleet) index.remove(id);
  expect(index.size).toBe(0);
  expect(index.best(nothing)).toBeUndefined();
});

test("a change leaves the candidate that was handed out before as it was", () => {
  const index = indexed([
    {
      id: "a",
      name: "a",
      capabilities: { repos: [], languages: [], environments: [], tools: [], tags: [] },
      reachable: true,
      draining: false,
      usageLimited: false,
      startsNoSessions: false,
      activeTasks: 0,
      maxConcurrent: 1,
      lastAssignedAt: 0,
    },
  ]);
  const before = index.get("a");
  index.adjustActive("a", 1, 77);
  expect(before).toMatchObject({ activeTasks: 0, lastAssignedAt: 0 });
  expect(index.get("a")).toMatchObject({ activeTasks: 1, lastAssignedAt: 77 });
});
