import type { NewAccessToken } from "@orchestratia/protocol/access-tokens";
import * as operations from "@orchestratia/protocol/operations/access-tokens";
import * as moves from "@orchestratia/protocol/operations/people-tasks";
import { CLOSE_CODES } from "@orchestratia/protocol/server-link";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { z } from "zod";
import { EventReader } from "../testing/event-reader.ts";
import { FakeViewer } from "../testing/fake-viewer.ts";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { openTestTeam, type TestTeam } from "../testing/test-team.ts";
import { until } from "../testing/until.ts";

let hub: TestHub;
let team: TestTeam;
let other: TestTeam;
let session: string;
beforeAll(async () => {
  hub = await startTestHub({ streamBeatMs: 60_000 });
  const admin = await hub.admin();
  team = await openTestTeam({ url: hub.url, admin });
  other = await openTestTeam({ url: hub.url, admin });
  session = (await team.startAgent()).id;
});
afterAll(async () => {
  await team[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

/** A token of the admin's. */
const create = (body: Partial<z.input<typeof NewAccessToken>> = {}) =>
  team.admin.call(operations.createAccessToken, { body: { name: "A tool", ...body } });
const problemOf = async (viewer: FakeViewer) =>
  String((await viewer.next("problem")).problem.type)
    .split(":")
    .at(-1);
const reader = (token: string, query = "") => EventReader.open(hub.url, { authorization: `Bearer ${token}` }, query);
/** Something that the inbox and every stream of the project tell of. */
async function cancelOne({ project, addTask, admin }: TestTeam): Promise<string> {
  const { id } = await addTask();
  await admin.call(moves.cancelTask, { params: { project, task: id } });
  return id;
}

test("a token that may only read watches a terminal and neither types nor drives", async () => {
  const { token } = await create({ scope: "read" });
  await using viewer = await FakeViewer.signedIn(hub.url, token);
  expect((await viewer.attach(session, { mode: "drive" })).driver).toBeNull();
  viewer.send({ type: "session_input", session_id: session as never, data: "bHM=" });
  expect(await problemOf(viewer)).toBe("forbidden");
  expect(team.daemon.frames.map(({ type }) => type)).not.toContain("session_input");
});

test("a token of some projects hears of no others: at its topics, in its inbox and in its stream", async () => {
  const { token } = await create({ projects: [other.key] });
  await using viewer = await FakeViewer.signedIn(hub.url, token);
  viewer.send({ type: "subscribe", topic: `project:${team.project}`, after: 0 });
  expect(await problemOf(viewer)).toBe("project_not_found");
  viewer.send({ type: "subscribe", topic: "inbox", after: 0 });
  await viewer.next("caught_up");
  await using events = await reader(token, "?after=0");
  await events.caughtUp();
  expect((await reader(token, `?project=${team.project}`)).status).toBe(404);
  await cancelOne(team);
  const task_id = await cancelOne(other);
  await viewer.next("task_event", (frame) => frame.task_id === task_id);
  await until(() => events.facts.some(({ data }) => data.event_type === "task.cancelled"));
  const heard = viewer.frames.flatMap((frame) => ("project_id" in frame ? [frame.project_id] : []));
  expect(new Set(heard)).toEqual(new Set([other.project]));
  expect(new Set(events.facts.map(({ data }) => data.project_id))).toEqual(new Set([other.project]));
});

test("revoking a token closes its socket and ends its stream at once, and those of no other", async () => {
  const [revoked, kept] = [await create(), await create()];
  await using gone = await FakeViewer.signedIn(hub.url, revoked.token);
  await using stays = await FakeViewer.signedIn(hub.url, kept.token);
  await using goneEvents = await reader(revoked.token);
  await using staysEvents = await reader(kept.token);
  await team.admin.call(operations.revokeAccessToken, { params: { access_token: revoked.id } });
  expect((await gone.closed).code).toBe(CLOSE_CODES.unauthenticated);
  await until(() => goneEvents.ended);
  stays.send({ type: "subscribe", topic: "inbox" });
  await stays.next("caught_up");
  const task_id = await cancelOne(team);
  await stays.next("task_event", (frame) => frame.task_id === task_id);
  await until(() => staysEvents.facts.some(({ data }) => data.task_id === task_id));
});

test("a token that only opened a socket has been used", async () => {
  const { id, token } = await create();
  await using viewer = await FakeViewer.signedIn(hub.url, token);
  expect(viewer.frames).toHaveLength(1);
  await hub.hub.engine.rederive();
  const { access_tokens } = await team.admin.call(operations.listAccessTokens);
  expect(access_tokens.find((each) => each.id === id)?.last_used_at).not.toBeNull();
});
