import type { Problem, ProblemCode } from "@orchestratia/protocol/problems";
import type { ProjectId, ServerId, SessionId, TaskId } from "@orchestratia/protocol/vocabulary";
import { expect, test } from "vitest";
import {
  type AgentCaller,
  mustBeItsToChange,
  mustHaveRoomForChild,
  mustOrchestrate,
  parentOfNewTask,
} from "./agent-powers.ts";

const PROJECT = "0c6a2f0e-5bb5-4d5b-9a44-6d2d3cf3a001" as ProjectId;
const SERVER = "0c6a2f0e-5bb5-4d5b-9a44-6d2d3cf3a002" as ServerId;
const SELF = "0c6a2f0e-5bb5-4d5b-9a44-6d2d3cf3a003" as SessionId;
const OTHER = "0c6a2f0e-5bb5-4d5b-9a44-6d2d3cf3a004";
const OWN = "0c6a2f0e-5bb5-4d5b-9a44-6d2d3cf3a005" as TaskId;
const ELSEWHERE = "0c6a2f0e-5bb5-4d5b-9a44-6d2d3cf3a006" as TaskId;

const session = { kind: "session", id: SELF, name: "w1", serverId: SERVER, projectId: PROJECT } as const;
const callers = {
  worker: { ...session, role: "worker" },
  orchestrator: { ...session, role: "orchestrator" },
  "server key": { kind: "server", id: SERVER, name: "box", projectId: PROJECT },
} as const satisfies Record<string, AgentCaller>;

const started = { id: OWN, key: "APP-1" };

type Act = (caller: AgentCaller) => unknown;
const assign: Act = (caller) => mustOrchestrate(caller, "assign tasks");
const changeOwnCreation: Act = (caller) => mustBeItsToChange(caller, { sourceSessionId: SELF });
const changeAnothers: Act = (caller) => mustBeItsToChange(caller, { sourceSessionId: OTHER });
const changePeoples: Act = (caller) => mustBeItsToChange(caller, { sourceSessionId: null });
const create: Act = (caller) => parentOfNewTask(caller, null, started);
const createUnderOwn: Act = (caller) => parentOfNewTask(caller, OWN, started);
const createElsewhere: Act = (caller) => parentOfNewTask(caller, ELSEWHERE, started);
const createUnstarted: Act = (caller) => parentOfNewTask(caller, null, undefined);
const createTooMany: Act = (caller) => mustHaveRoomForChild(caller, { key: "APP-1", children: 50 });

/** What each caller gets: the problem, or what is answered. */
const table: [what: string, act: Act, worker: unknown, orchestrator: unknown, serverKey: unknown][] = [
  ["assigns", assign, "forbidden", undefined, undefined],
  ["changes what it created", changeOwnCreation, undefined, undefined, undefined],
  ["changes what another session created", changeAnothers, "forbidden", undefined, undefined],
  ["changes what a person created", changePeoples, "forbidden", undefined, undefined],
  ["creates without naming a parent", create, OWN, null, null],
  ["creates under its own task", createUnderOwn, OWN, OWN, OWN],
  ["creates under another task", createElsewhere, "forbidden", ELSEWHERE, ELSEWHERE],
  ["creates before it started anything", createUnstarted, "forbidden", null, null],
  ["creates a fifty-first child", createTooMany, "forbidden", undefined, undefined],
];

const rows = table.flatMap(([what, act, ...expected]) =>
  (Object.keys(callers) as (keyof typeof callers)[]).map((who, index) => ({
    who,
    what,
    act,
    expected: expected[index],
  })),
);

test.each(rows)("a $who $what: $expected", ({ who, act, expected }) => {
  expect(outcomeOf(() => act(callers[who]))).toBe(expected);
});

function outcomeOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return (error as Problem).code satisfies ProblemCode;
  }
}
