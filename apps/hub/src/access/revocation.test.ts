import type { HubClient } from "@orchestratia/client/http";
import { removeMember } from "@orchestratia/protocol/operations/members";
import * as people from "@orchestratia/protocol/operations/people";
import * as users from "@orchestratia/protocol/operations/users";
import { CLOSE_CODES } from "@orchestratia/protocol/server-link";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EventReader } from "../testing/event-reader.ts";
import { FakeViewer } from "../testing/fake-viewer.ts";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { until } from "../testing/until.ts";
import { hashPassword } from "../users/passwords.ts";
import { newSecret, secretHash } from "./secret-hash.ts";

const PASSWORD = "a loom and two shuttles";
/** Nothing is looked at again by itself in so long a time; sockets are asked each 30 s. */
const NEVER_MS = 3_600_000;
const AT_ONCE_MS = 5_000;

let hub: TestHub;
let admin: HubClient;
let project: string;
let passwordHash: string;
beforeAll(async () => {
  hub = await startTestHub({ streamBeatMs: NEVER_MS });
  admin = await hub.admin();
  project = (await hub.project()).id;
  passwordHash = await hashPassword(PASSWORD);
});
afterAll(() => hub[Symbol.asyncDispose]());

const bearing = (token: string) => ({ authorization: `Bearer ${token}` });

let count = 0;
async function addPerson(role: "admin" | "viewer") {
  count += 1;
  const email = `open-${count}@example.org`;
  const [row] = await hub.database.sql.query<{ id: string }>(
    "insert into admin_users (email, name, role, password_hash) values ($1, 'Grace', $2, $3) returning id",
    [email, role, passwordHash],
  );
  const id = row?.id ?? "";
  await hub.database.sql.query("insert into project_members (project_id, user_id, role) values ($1, $2, 'member')", [
    project,
    id,
  ]);
  return { id, email };
}

async function addToken(userId: string): Promise<string> {
  const token = newSecret("orct_");
  await hub.database.sql.query("insert into hub.access_tokens (name, token_hash, user_id) values ('ci', $1, $2)", [
    secretHash(token),
    userId,
  ]);
  return token;
}

/** A dashboard's socket and a stream of events that stand on one token. */
async function open(token: string) {
  const viewer = await FakeViewer.signedIn(hub.url, token);
  const reader = await EventReader.open(hub.url, bearing(token));
  await reader.caughtUp();
  viewer.send({ type: "subscribe", topic: `project:${project}` });
  await viewer.next("caught_up");
  let closed: { code: number; reason: string } | undefined;
  void viewer.closed.then((how) => {
    closed = how;
  });
  return {
    viewer,
    reader,
    get closed() {
      return closed;
    },
    async [Symbol.asyncDispose]() {
      await viewer[Symbol.asyncDispose]();
      await reader[Symbol.asyncDispose]();
    },
  };
}
type Open = Awaited<ReturnType<typeof open>>;

async function signInAs({ email }: { email: string }) {
  const { token } = await hub.client().call(people.signIn, { body: { email, password: PASSWORD } });
  return { token, client: hub.client(bearing(token)) };
}

async function endsAtOnce(...all: Open[]): Promise<void> {
  await until(() => all.every(({ closed, reader }) => closed && reader.ended), AT_ONCE_MS);
  for (const { closed } of all) expect(closed).toEqual({ code: CLOSE_CODES.unauthenticated, reason: ENDED });
}
const ENDED = "the sign-in has ended";

/** Whoever is not meant still hears of what happens. */
async function goesOn(...all: Open[]): Promise<void> {
  const heard = all.map(({ viewer, reader }) => ({ frames: viewer.frames.length, facts: reader.facts.length }));
  await admin.call(people.updateProject, { params: { project }, body: { name: `Renamed ${Date.now()}` } });
  await until(() =>
    all.every(({ viewer, reader }, n) => {
      const before = heard[n] ?? { frames: 0, facts: 0 };
      return viewer.frames.length > before.frames && reader.facts.length > before.facts;
    }),
  );
}

test("signing out, and a sign-in that is revoked, close what stands on it at once, and nothing else of the person", async () => {
  const person = await addPerson("viewer");
  const [one, two, three] = [await signInAs(person), await signInAs(person), await signInAs(person)];
  await using first = await open(one.token);
  await using second = await open(two.token);
  await using third = await open(three.token);
  await using byToken = await open(await addToken(person.id));
  await one.client.call(people.signOut);
  await endsAtOnce(first);
  await goesOn(second, third, byToken);
  const { sign_ins } = await two.client.call(users.listSignIns, {});
  const current = sign_ins.find((each) => each.current);
  await admin.call(users.revokeSignIn, { params: { sign_in: current?.id ?? "" } });
  await endsAtOnce(second);
  await goesOn(third, byToken);
});

test("a password that is changed closes what stands on the person's other sign-ins at once", async () => {
  const person = await addPerson("viewer");
  const [here, there] = [await signInAs(person), await signInAs(person)];
  await using stays = await open(here.token);
  await using goes = await open(there.token);
  const body = { old_password: PASSWORD, password: `${PASSWORD} more` };
  await here.client.call(users.changePassword, { body });
  await endsAtOnce(goes);
  await goesOn(stays);
});

test("whoever is deactivated is cut off at once, with sign-ins and access tokens", async () => {
  const person = await addPerson("viewer");
  await using other = await open((await signInAs(await addPerson("viewer"))).token);
  await using bySignIn = await open((await signInAs(person)).token);
  await using byToken = await open(await addToken(person.id));
  await admin.call(users.deactivateUser, { params: { user: person.id } });
  await endsAtOnce(bySignIn, byToken);
  await goesOn(other);
});

test("an admin who is one no more, and a member who is taken out, lose at once what they could only see as that", async () => {
  const person = await addPerson("admin");
  const other = (await hub.project()).id;
  const { token } = await signInAs(person);
  await using mine = await open(token);
  mine.viewer.send({ type: "subscribe", topic: `project:${other}` });
  await mine.viewer.next("caught_up", ({ topic }) => topic === `project:${other}`);
  await admin.call(users.updateUser, { params: { user: person.id }, body: { role: "viewer" } });
  const lost = await mine.viewer.next("problem");
  expect(lost.problem).toMatchObject({ topic: `project:${other}`, status: 404 });
  const seen = mine.reader.facts.length;
  await admin.call(people.updateProject, { params: { project: other }, body: { name: "Unseen" } });
  await goesOn(mine);
  const heard = mine.reader.facts.slice(seen).map(({ data }) => data.project_id);
  expect(new Set(heard)).toEqual(new Set([project]));
  expect(mine.closed).toBeUndefined();

  await admin.call(removeMember, { params: { project, user: person.id } });
  await mine.viewer.next("problem", ({ problem }) => problem.topic === `project:${project}`);
  expect(mine.closed).toBeUndefined();
});
