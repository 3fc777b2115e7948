import { VIEWER_FRAMES } from "@orchestratia/protocol/frame-access";
import { CLOSE_CODES } from "@orchestratia/protocol/server-link";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FakeViewer } from "../testing/fake-viewer.ts";
import { addPerson } from "../testing/matrix-world.ts";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { openTestTeam, type TestTeam } from "../testing/test-team.ts";

let hub: TestHub;
let team: TestTeam;
let other: TestTeam;
let session: string;
let task: string;
beforeAll(async () => {
  hub = await startTestHub();
  const admin = await hub.admin();
  team = await openTestTeam({ url: hub.url, admin });
  other = await openTestTeam({ url: hub.url, admin });
  session = (await team.startAgent()).id;
  task = (await team.addTask()).id;
});
afterAll(async () => {
  await team[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

const size = { cols: 80, rows: 24 };
const topics = () => [`project:${team.project}`, `task:${task}`, `session:${session}`];

const person = async (role: "owner" | "member" | "viewer", project: string) =>
  FakeViewer.signedIn(hub.url, await addPerson(hub, "viewer", { project, role }));

/** Sends frames one by one, each answered by a problem, and tells which. */
async function problemsOf(viewer: FakeViewer, frames: object[]): Promise<unknown[]> {
  const codes: unknown[] = [];
  for (const frame of frames) {
    const before = viewer.frames.length;
    viewer.sendRaw(JSON.stringify(frame));
    const { problem } = await viewer.next("problem", (answer) => viewer.frames.indexOf(answer) >= before);
    codes.push(String(problem.type).split(":").at(-1));
  }
  return codes;
}

test("the owner of a foreign project sees no topic and no terminal of this one, and types nowhere", async () => {
  await using stranger = await person("owner", other.project);
  const frames = [
    ...topics().map((topic) => ({ type: "subscribe", topic, after: 0 })),
    { type: "attach", session_id: session, ...size, mode: "watch" },
    { type: "attach", session_id: session, ...size, mode: "drive" },
    { type: "session_input", session_id: session, data: "bHM=" },
    { type: "session_resize", session_id: session, ...size },
    { type: "take_over", session_id: session, ...size },
  ];
  expect(await problemsOf(stranger, frames)).toEqual([
    "project_not_found",
    "task_not_found",
    "session_not_found",
    "session_not_found",
    "session_not_found",
    "forbidden",
    "forbidden",
    "forbidden",
  ]);
  // What needs no right over anything is taken without a word, and so is the inbox, which holds nothing of theirs.
  for (const topic of topics()) stranger.send({ type: "unsubscribe", topic });
  stranger.send({ type: "release", session_id: session as never });
  stranger.send({ type: "ack", session_id: session as never, offset: 5 });
  stranger.send({ type: "detach", session_id: session as never });
  stranger.send({ type: "subscribe", topic: "inbox", after: 0 });
  await stranger.next("caught_up");
  expect(stranger.frames.filter(({ type }) => type !== "problem" && type !== "auth_ok")).toHaveLength(1);
});

test("a viewer of the project hears and watches, and neither types nor resizes nor takes over, in drive mode either", async () => {
  await using viewer = await person("viewer", team.project);
  for (const topic of topics()) {
    viewer.send({ type: "subscribe", topic });
    await viewer.next("caught_up", (frame) => frame.topic === topic);
  }
  expect((await viewer.attach(session, { mode: "drive" })).driver).toBeNull();
  const frames = [
    { type: "session_input", session_id: session, data: "bHM=" },
    { type: "session_resize", session_id: session, ...size },
    { type: "take_over", session_id: session, ...size },
  ];
  expect(await problemsOf(viewer, frames)).toEqual(["forbidden", "forbidden", "forbidden"]);
  expect(team.daemon.frames.map(({ type }) => type)).not.toContain("session_input");
});

test("a member types and resizes", async () => {
  await using member = await person("member", team.project);
  await member.attach(session, { mode: "drive" });
  member.send({ type: "session_input", session_id: session as never, data: "bHM=" });
  expect(await team.daemon.next("session_input")).toMatchObject({ session_id: session, data: "bHM=" });
  expect(member.frames.filter(({ type }) => type === "problem")).toEqual([]);
});

test("whoever has not signed in, or with a machine's key, is sent away at the first frame", async () => {
  const { token } = await team.startAgent("orchestrator");
  const firsts = [
    ...Object.keys(VIEWER_FRAMES).map((type) => ({ type, topic: "inbox", session_id: session, ...size, data: "" })),
    { type: "auth", token: "orct_nothing" },
    { type: "auth", token },
    { type: "auth", token: team.daemon.apiKey },
  ];
  for (const first of firsts) {
    await using viewer = await FakeViewer.open(hub.url);
    viewer.sendRaw(JSON.stringify(first));
    const { code } = await viewer.closed;
    expect([CLOSE_CODES.unauthenticated, CLOSE_CODES.badFrame], JSON.stringify(first)).toContain(code);
  }
});
