import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  awaitedByScan,
  bestByScan,
  type Candidate,
  type Capabilities,
  compareCandidates,
  type Disqualifier,
  effectiveCapabilities,
  explainMatch,
  explainPlacing,
  hardRequirements,
  meetsHardRequirements,
  type Requirements,
  requirementsFrom,
  requirementsKey,
} from "./matching.ts";

const NOTHING = { languages: [], environments: [], tools: [], tags: [] };
const capabilities: Capabilities = {
  repos: ["acme/shop"],
  languages: ["TypeScript", "go"],
  environments: ["linux", "docker"],
  tools: ["git", "psql"],
  tags: ["fast", "arm"],
};
const server = (more: Partial<Candidate> = {}): Candidate => ({
  id: "s1",
  name: "Forge",
  capabilities,
  reachable: true,
  draining: false,
  usageLimited: false,
  startsNoSessions: false,
  activeTasks: 0,
  maxConcurrent: 2,
  lastAssignedAt: 0,
  ...more,
});

describe("points", () => {
  test.each<[what: string, asked: Partial<Requirements>, points: number]>([
    ["nothing asked", {}, 0],
    ["the repository", { repo: "ACME/shop" }, 100],
    ["all languages", { languages: ["typescript", "Go"] }, 50],
    ["any environment", { environments: ["gpu", "docker"] }, 30],
    ["each tool", { tools: ["git", "psql", "kubectl"] }, 20],
    ["each tag", { tags: ["arm", "cheap"] }, 5],
    ["preferred by name", { preferServer: "forge" }, 200],
    ["preferred by id", { preferServer: "S1" }, 200],
    ["another one preferred", { preferServer: "anvil" }, 0],
    [
      "everything",
      {
        repo: "acme/shop",
        languages: ["go"],
        environments: ["linux"],
        tools: ["git"],
        tags: ["fast"],
        preferServer: "s1",
      },
      395,
    ],
  ])("%s is worth its points, on top of being online and free", (_what, asked, points) => {
    expect(explainMatch({ ...NOTHING, ...asked }, server())).toMatchObject({ eligible: true, score: points + 75 });
  });

  test("a server that is off and full loses those points and is not taken, but is still explained", () => {
    const asked = { ...NOTHING, repo: "acme/shop" };
    expect(explainMatch(asked, server({ reachable: false, activeTasks: 2 }))).toEqual({
      score: 100,
      eligible: false,
      disqualifiers: ["unreachable", "no_capacity"],
      criteria: [
        { name: "repo", points: 100, matched: ["acme/shop"], missing: [] },
        { name: "online", points: 0, matched: [], missing: [] },
        { name: "capacity", points: 0, matched: [], missing: [] },
      ],
    });
  });
});

test.each<[Partial<Requirements>, Partial<Candidate>, Disqualifier[]]>([
  [{ repo: "acme/other" }, {}, ["repo"]],
  [{ languages: ["go", "rust"] }, {}, ["languages"]],
  [{ environments: ["gpu", "mac"] }, {}, ["environments"]],
  [{ tools: ["kubectl"], tags: ["cheap"], preferServer: "anvil" }, {}, []],
  [{}, { reachable: false }, ["unreachable"]],
  [{}, { draining: true }, ["draining"]],
  [{}, { usageLimited: true }, ["usage_limited"]],
  [{}, { startsNoSessions: true }, ["starts_no_sessions"]],
  [{}, { activeTasks: 2 }, ["no_capacity"]],
  [{}, { activeTasks: 3 }, ["no_capacity"]],
  [{ repo: "x", languages: ["x"], environments: ["x"] }, {}, ["repo", "languages", "environments"]],
])("asking %j of %j disqualifies for %j", (asked, state, disqualifiers) => {
  const explanation = explainMatch({ ...NOTHING, ...asked }, server(state));
  expect(explanation.disqualifiers).toEqual(disqualifiers);
  expect(explanation.eligible).toBe(disqualifiers.length === 0);
});

test("the explanation says what is there and what is missing", () => {
  const { criteria } = explainMatch({ ...NOTHING, languages: ["go", "rust"], tools: ["Git", "aws"] }, server());
  expect(criteria.slice(0, 2)).toEqual([
    { name: "languages", points: 0, matched: ["go"], missing: ["rust"] },
    { name: "tools", points: 10, matched: ["Git"], missing: ["aws"] },
  ]);
});

test("state does not matter to whether a server could run the task at all", () => {
  expect(meetsHardRequirements({ ...NOTHING, repo: "acme/shop", tools: ["aws"] }, capabilities)).toBe(true);
  expect(meetsHardRequirements({ ...NOTHING, languages: ["rust"] }, capabilities)).toBe(false);
});

test("servers of one score are ordered by load, then by who waited longest, then by name and id", () => {
  const ranked = [
    { score: 80, candidate: server({ activeTasks: 1 }) },
    { score: 75, candidate: server({ id: "a", name: "b" }) },
    { score: 75, candidate: server({ id: "b", name: "b" }) },
    { score: 75, candidate: server({ id: "0", name: "c" }) },
    { score: 75, candidate: server({ id: "0", name: "a", lastAssignedAt: 5 }) },
    { score: 75, candidate: server({ id: "0", name: "a", activeTasks: 1 }) },
  ];
  fc.assert(
    fc.property(fc.shuffledSubarray(ranked, { minLength: ranked.length }), (shuffled) => {
      expect(shuffled.sort(compareCandidates)).toEqual(ranked);
    }),
  );
});

test("a preferred machine that is off does not win", () => {
  const off = server({ id: "off", name: "off", reachable: false });
  expect(bestByScan({ ...NOTHING, preferServer: "off" }, [off, server()])?.id).toBe("s1");
  expect(bestByScan(NOTHING, [off])).toBeUndefined();
});

describe("waiting for the preferred server", () => {
  const asked = { ...NOTHING, repo: "acme/shop", preferServer: "forge" };
  const preferred = (more: Partial<Candidate> = {}) => server({ id: "p", name: "Forge", ...more });
  const other = server({ id: "o", name: "other" });
  const tried = new Set(["p"]);

  test.each<[what: string, of: Candidate]>([
    ["off", preferred({ reachable: false })],
    ["full", preferred({ activeTasks: 2 })],
    ["off and full", preferred({ reachable: false, activeTasks: 9 })],
  ])("one that is %s is waited for, as long as there is time", (_what, awaited) => {
    expect(awaitedByScan(asked, [other, awaited])?.id).toBe("p");
    expect(bestByScan(asked, [other, awaited].values(), { waits: true })).toBeUndefined();
    expect(bestByScan(asked, [other, awaited], { waits: false })?.id).toBe("o");
    const explained = explainPlacing(asked, [other, awaited], { waits: true });
    expect(explained.find(({ candidate }) => candidate.id === "o")).toMatchObject({
      eligible: false,
      disqualifiers: ["waits_for_preferred"],
    });
  });

  test.each<[what: string, of: Candidate]>([
    ["can be had", preferred()],
    ["is being drained", preferred({ draining: true, reachable: false })],
    ["lacks the repository", preferred({ reachable: false, capabilities: { ...NOTHING, repos: [] } })],
    ["is another one", server({ id: "x", name: "x", reachable: false })],
  ])("one that %s is not waited for", (_what, candidate) => {
    expect(awaitedByScan(asked, [other, candidate])).toBeUndefined();
    expect(bestByScan(asked, [other, candidate], { waits: true })).toBeDefined();
  });

  test("a server on which the task could not be started is neither taken nor waited for", () => {
    expect(bestByScan(asked, [preferred(), other], { tried })?.id).toBe("o");
    expect(awaitedByScan(asked, [preferred({ reachable: false }), other], tried)).toBeUndefined();
    expect(explainMatch(asked, preferred(), tried)).toMatchObject({ eligible: false, disqualifiers: ["tried"] });
  });
});

test("what the hub says of a server holds instead of the report, member by member", () => {
  expect(effectiveCapabilities(capabilities, null)).toEqual(capabilities);
  expect(effectiveCapabilities(capabilities, { tags: [], repos: ["blog"] })).toEqual({
    ...capabilities,
    tags: [],
    repos: ["blog"],
  });
});

describe("reading requirements", () => {
  test.each([
    ["90s", 90_000],
    ["10 min", 600_000],
    [" 2h ", 7_200_000],
    ["1 d", 86_400_000],
    ["soon", undefined],
    [600, undefined],
  ])("waiting %j for the preferred server is %j ms", (wait_for_preferred, ms) => {
    const read = requirementsFrom({ capability_requirements: { prefer_server: "x", wait_for_preferred } });
    expect(read.waitForPreferredMs).toBe(ms);
    expect(requirementsFrom({ capability_requirements: { wait_for_preferred } })).toEqual(NOTHING);
  });

  test("values are lower case, trimmed and each there once", () => {
    const spec = {
      capability_requirements: {
        repo: " Acme/Shop ",
        languages: ["Go", "go", 7, ""],
        environments: "Linux",
        tags: null,
        prefer_server: "Forge",
        unknown: ["x"],
      },
    };
    expect(requirementsFrom(spec)).toEqual({
      repo: "acme/shop",
      languages: ["go"],
      environments: ["linux"],
      tools: [],
      tags: [],
      preferServer: "forge",
    });
  });

  test.each([undefined, null, "x", [], {}, { capability_requirements: 3 }, { capability_requirements: { repo: "" } }])(
    "%j asks for nothing",
    (spec) => {
      expect(requirementsFrom(spec)).toEqual(NOTHING);
    },
  );

  test("how the work is written asks nothing of the server", () => {
    expect(requirementsFrom({ constraints: { languages: ["rust"] } })).toEqual(NOTHING);
  });
});

test("the key tells requirements apart by what they ask, not by how they say it", () => {
  const asked = { ...NOTHING, repo: "a/b", languages: ["go", "c"], tools: ["git"] };
  expect(requirementsKey({ ...asked, repo: "A/B", languages: ["C", "go", "c"] })).toBe(requirementsKey(asked));
  expect(requirementsKey({ ...asked, languages: ["go"] })).not.toBe(requirementsKey(asked));
  expect(requirementsKey({ ...NOTHING, tools: ["x"] })).not.toBe(requirementsKey({ ...NOTHING, tags: ["x"] }));
  expect(requirementsKey(hardRequirements(asked))).toBe(
    requirementsKey(hardRequirements({ ...asked, tools: ["aws"] })),
  );
});
