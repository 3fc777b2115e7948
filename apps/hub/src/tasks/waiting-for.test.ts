import { type Candidate, requirementsFrom } from "@orchestratia/domain/matching";
import { expect, test } from "vitest";
import { asksForPlacement, type Surroundings, waitingFor, whyNotPlaced } from "./waiting-for.ts";

const NOW = new Date("2026-11-21T10:00:00.000Z");
const LATER = new Date("2026-11-21T10:00:10.000Z");

const task = {
  status: "pending",
  blockers: 0,
  is_container: false,
  auto_assign: true,
  eligible_at: NOW,
  delivered_at: null,
  worker_lost_since: null,
  assigned_server_name: null,
  assigned_session_id: null,
  target_session_name: null,
} as const satisfies Parameters<typeof waitingFor>[0];
type Given = Partial<Parameters<typeof waitingFor>[0]>;

const assigned = { status: "assigned", assigned_server_name: "box" } as const;
const withSession = {
  ...assigned,
  assigned_session_id: "0c6a2f0e-5bb5-4d5b-9a44-6d2d3cf3a003" as never,
  target_session_name: "claude-1",
};
const up = (key: string, status: "running" | "failed" | "cancelled" = "running") => ({ key, status });

const cases: [words: string | null, given: Given, around?: Partial<Surroundings>][] = [
  ["Waits for APP-1", { blockers: 1 }, { upstreams: [up("APP-1")] }],
  ["Waits for APP-1 and APP-2", { blockers: 2 }, { upstreams: [up("APP-1"), up("APP-2")] }],
  ["Waits for APP-1, which failed", { ...assigned, blockers: 1 }, { upstreams: [up("APP-1", "failed")] }],
  ["Waits for APP-1, which was cancelled", { blockers: 1 }, { upstreams: [up("APP-1", "cancelled")] }],
  [
    "Waits for A-1, A-2, A-3 and 1 other",
    { blockers: 4 },
    { upstreams: ["A-1", "A-2", "A-3", "A-4"].map((key) => up(key)) },
  ],
  ["Done when its children are", { is_container: true }],
  ["Not to be assigned automatically", { auto_assign: false }],
  ["Not to be assigned before 2026-11-21T10:00:10.000Z", { eligible_at: LATER }],
  ["No server is online", {}, { placement: "No server is online" }],
  ["About to be assigned", {}],
  ["Waiting for box to connect", withSession, { serverReachable: false }],
  ["Waiting for a session on box", assigned],
  ["Waiting to reach claude-1", withSession],
  ["Waiting for claude-1 to start", { ...withSession, delivered_at: NOW }],
  ["Waiting for its plan to be approved", { status: "plan_review" }],
  ["Waiting for review", { status: "review" }],
  ["Waiting for an answer", { status: "needs_human" }],
  [null, { status: "planning" }],
  [null, { status: "running" }],
  ["Waiting for its worker, of which nothing is heard", { status: "running", worker_lost_since: NOW }],
  [null, { status: "done" }],
  [null, { status: "failed" }],
  [null, { status: "cancelled" }],
];

test.each(cases)("%j", (words, given, around) => {
  const surroundings = { upstreams: [], placement: undefined, serverReachable: true, now: NOW, ...around };
  expect(waitingFor({ ...task, ...given }, surroundings)).toBe(words);
});

test.each<[Given, boolean]>([
  [{}, true],
  [{ blockers: 1 }, false],
  [{ is_container: true }, false],
  [{ auto_assign: false }, false],
  [{ eligible_at: LATER }, false],
  [assigned, false],
])("servers are looked at only for a task that waits for one: %j %j", (given, asks) => {
  expect(asksForPlacement({ ...task, ...given }, NOW)).toBe(asks);
});

function server(name: string, given: Partial<Candidate> = {}): Candidate {
  return {
    id: name,
    name,
    capabilities: { repos: ["app"], languages: ["go"], environments: ["linux"], tools: [], tags: [] },
    reachable: true,
    draining: false,
    usageLimited: false,
    startsNoSessions: false,
    activeTasks: 0,
    maxConcurrent: 2,
    lastAssignedAt: 0,
    ...given,
  };
}
const asking = (capability_requirements: object) => requirementsFrom({ capability_requirements });
const full = { activeTasks: 2 };

test.each<[string | undefined, object, Candidate[]]>([
  ["No server is registered", {}, []],
  ["No server is online", {}, [server("a", { reachable: false })]],
  ["No server with repo x is registered", { repo: "x" }, [server("a")]],
  ["No server with repo app is online", { repo: "app" }, [server("a", { reachable: false })]],
  ["No server with repo app and go and rust is registered", { repo: "app", languages: ["go", "rust"] }, [server("a")]],
  ["No server with windows or macos is registered", { environments: ["windows", "macos"] }, [server("a")]],
  ["Every server with repo app is being drained", { repo: "app" }, [server("a", { draining: true })]],
  ["Every agent has reached its usage limit", {}, [server("a", { usageLimited: true })]],
  ["No server with repo app may start sessions", { repo: "app" }, [server("a", { startsNoSessions: true })]],
  ["Waiting for a free place on a", {}, [server("a", full), server("b", { usageLimited: true })]],
  ["Waiting for a free place on a", {}, [server("a", full), server("b", { reachable: false })]],
  ["Waiting for a free place on a or b", {}, [server("b", full), server("a", full)]],
  ["Waiting for a free place on a, b, c or 2 more", {}, ["a", "b", "c", "d", "e"].map((name) => server(name, full))],
  [undefined, { repo: "APP" }, [server("a", full), server("b")]],
])("%j when %j is asked", (words, asked, servers) => {
  expect(whyNotPlaced(asking(asked), servers)).toBe(words);
});

test("a task with patience left says whom it waits for, and until when", () => {
  const asked = asking({ prefer_server: "a" });
  const away = [server("a", { reachable: false }), server("b")];
  expect(whyNotPlaced(asked, away, { waits: true, waitsUntil: LATER })).toBe(
    "Waiting for a, which it prefers, until 2026-11-21T10:00:10.000Z",
  );
  expect(whyNotPlaced(asked, away, { waits: true })).toBe("Waiting for a, which it prefers, for a while");
  expect(whyNotPlaced(asked, away, { waits: false, waitsUntil: NOW })).toBeUndefined();
});

test("a task that could not be started anywhere says so", () => {
  expect(whyNotPlaced(asking({}), [server("a")], { tried: new Set(["a"]) })).toBe(
    "It could not be started on any server",
  );
  expect(whyNotPlaced(asking({}), [server("a"), server("b")], { tried: new Set(["a"]) })).toBeUndefined();
});
