import { createSession, viewSession } from "@orchestratia/protocol/operations/people";
import { CLOSE_CODES, type DaemonFrame } from "@orchestratia/protocol/server-link";
import type { ServerId } from "@orchestratia/protocol/vocabulary";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { z } from "zod";
import { everyRow } from "../testing/every-row.ts";
import { FakeDaemon } from "../testing/fake-daemon.ts";
import { addPerson, signInOf } from "../testing/matrix-world.ts";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { openTestTeam, type TestTeam } from "../testing/test-team.ts";
import { until } from "../testing/until.ts";

let hub: TestHub;
let team: TestTeam;
let other: TestTeam;
beforeAll(async () => {
  hub = await startTestHub();
  const admin = await hub.admin();
  team = await openTestTeam({ url: hub.url, admin });
  other = await openTestTeam({ url: hub.url, admin });
});
afterAll(async () => {
  await team[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

test("a daemon signs in with its server's key; whatever else opens a door of the hub is refused here", async () => {
  const accessToken = await addPerson(hub, "admin");
  const secrets = {
    "an access token": accessToken,
    "a sign-in": await signInOf(hub, accessToken),
    "the machine's own token": (await hub.systemHeaders()).authorization.replace("Bearer ", ""),
    "a worker's token": (await team.startAgent("worker")).token,
    "an orchestrator's token": (await team.startAgent("orchestrator")).token,
  };
  for (const [what, apiKey] of Object.entries(secrets)) {
    await using daemon = new FakeDaemon({ url: hub.url, apiKey });
    await daemon.open();
    daemon.send({ type: "auth", api_key: apiKey });
    expect((await daemon.closed).code, what).toBe(CLOSE_CODES.unauthenticated);
    expect(daemon.frames, what).toEqual([]);
  }
  await using daemon = new FakeDaemon({ url: hub.url, apiKey: other.daemon.apiKey });
  await daemon.connect();
  // The newest connection of a server is the one that counts.
  await other.daemon.connect();
});

type Sent = z.input<typeof DaemonFrame>;
/** Everything that a daemon may say of a session, said of this one. */
const framesAbout = (session_id: string): Sent[] => [
  { type: "session_started", session_id, pid: 7, tmux_name: "orc-foreign", working_dir: "/foreign" },
  { type: "session_recovered", tmux_name: `orc-${session_id.slice(0, 12)}`, pid: 7, working_dir: "/foreign" },
  { type: "session_output", session_id, data: Buffer.from("foreign").toString("base64") },
  { type: "session_screen", session_id, lines: ["foreign"] },
  { type: "scrollback_captured", session_id, lines: ["foreign"] },
  { type: "session_status", session_id, agent_status: "working" },
  { type: "session_working_dir", session_id, working_dir: "/foreign" },
  { type: "session_error", session_id, error: "foreign" },
  { type: "session_input_refused", session_id },
  { type: "session_warning", session_id, text: "foreign" },
  { type: "session_resized", session_id, offset: 0, cols: 7, rows: 7 },
  { type: "delivery", delivery_id: "note:1", session_id, state: "delivered" },
  { type: "session_closed", session_id, exit_code: 3 },
];

test("what a daemon says of a session of another server changes nothing there, whether it runs or is starting", async () => {
  const running = await team.startAgent();
  // Behind a daemon that does not read, a session stays as it was asked for: only then is an error of its start heard.
  team.daemon.stall();
  const starting = await team.admin.call(createSession, {
    params: { project: team.project },
    body: { server_id: team.daemon.serverId as ServerId, role: "worker" },
  });
  expect(starting.status).toBe("starting");
  const own = await other.startAgent();
  const ids = [team.project, team.daemon.serverId, running.id, starting.id];
  const before = await everyRow(hub, ids);
  for (const session of [running.id, starting.id]) {
    for (const frame of framesAbout(session)) other.daemon.send(frame);
  }
  // A daemon's frames are served in their order: once the last has been, so have the others.
  const directory = "/srv/behind-all-others";
  other.daemon.send({ type: "session_working_dir", session_id: own.id, working_dir: directory });
  const which = { params: { project: other.project, session: own.id } };
  await until(async () => (await other.admin.call(viewSession, which)).working_directory === directory);
  expect(await everyRow(hub, ids)).toEqual(before);
  expect(other.daemon.frames.filter((frame) => "session_id" in frame && frame.session_id === running.id)).toEqual([]);
  team.daemon.goOn();
});

test("the same said by the session's own daemon is heard", async () => {
  const { id } = await team.startAgent();
  const which = { params: { project: team.project, session: id } };
  for (const frame of framesAbout(id)) team.daemon.send(frame);
  await until(async () => {
    const { status, working_directory } = await team.admin.call(viewSession, which);
    return status === "closed" && working_directory === "/foreign";
  });
});
