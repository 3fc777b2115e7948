import { heartbeat } from "@orchestratia/protocol/operations/daemons";
import * as people from "@orchestratia/protocol/operations/people";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newSecret, secretHash } from "../access/secret-hash.ts";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { refusalCode } from "../testing/test-team.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

/** Somebody who is no admin, with a role in these projects. */
async function person(roles: Record<string, "owner" | "member" | "viewer"> = {}) {
  const token = newSecret("orct_");
  const { sql } = hub.database;
  const [user] = await sql.query<{ id: string }>(
    "insert into admin_users (email, name, role) values ($1, 'Bob', 'viewer') returning id",
    [`${token.slice(5, 15)}@example.org`],
  );
  await sql.query("insert into hub.access_tokens (name, token_hash, user_id) values ('test', $1, $2)", [
    secretHash(token),
    user?.id,
  ]);
  for (const [project, role] of Object.entries(roles)) {
    await sql.query("insert into project_members (project_id, user_id, role) values ($1, $2, $3)", [
      project,
      user?.id,
      role,
    ]);
  }
  return hub.client({ authorization: `Bearer ${token}` });
}

test("an admin makes a project, owns it, and finds it by id and by key in any case", async () => {
  const admin = await hub.admin();
  const body = { key: "APP", name: "The app", settings: { require_review: true } };
  const made = await admin.call(people.createProject, { body });
  expect(made).toMatchObject({ key: "APP", name: "The app", role: "owner", status: "active" });
  expect(made.settings).toMatchObject({ require_review: true, auto_start_sessions: true, default_agent: null });
  for (const project of [made.id, "APP", "app"]) {
    expect(await admin.call(people.viewProject, { params: { project } })).toEqual(made);
  }
  expect(await refusalCode(admin.call(people.createProject, { body }))).toBe("key_taken");
});

test("a change names what it changes and leaves the rest", async () => {
  const admin = await hub.admin();
  const { id: project } = await hub.project({ require_plan_approval: true, default_agent: "codex" });
  const changed = await admin.call(people.updateProject, {
    params: { project },
    body: { name: "Renamed", settings: { default_agent: null } },
  });
  expect(changed).toMatchObject({ name: "Renamed", settings: { require_plan_approval: true, default_agent: null } });
});

test("people see their projects only; somebody else's is not found, whatever is asked of it", async () => {
  const own = await hub.project();
  const foreign = await hub.project();
  const bob = await person({ [own.id]: "owner" });
  expect((await bob.call(people.listProjects)).projects.map(({ id }) => id)).toEqual([own.id]);
  expect((await bob.call(people.viewProject, { params: { project: own.key } })).role).toBe("owner");
  const params = { project: foreign.id };
  const refused = [
    bob.call(people.viewProject, { params }),
    bob.call(people.viewProject, { params: { project: foreign.key } }),
    bob.call(people.countProject, { params }),
    bob.call(people.updateProject, { params, body: { name: "Mine" } }),
    bob.call(people.listServers, { params }),
    bob.call(people.createRegistrationToken, { params, body: {} }),
    bob.call(people.viewProject, { params: { project: "NOSUCH" } }),
  ];
  const codes = await Promise.all(refused.map(refusalCode));
  expect(new Set(codes)).toEqual(new Set(["project_not_found"]));
});

test("a viewer looks, a member works, an owner changes the project, and only admins make one", async () => {
  const { id } = await hub.project();
  const params = { project: id };
  const may = async (role: "owner" | "member" | "viewer") => {
    const client = await person({ [id]: role });
    return [
      await refusalCode(client.call(people.countProject, { params })),
      await refusalCode(client.call(people.createRegistrationToken, { params, body: {} })),
      await refusalCode(client.call(people.updateProject, { params, body: { name: role } })),
      await refusalCode(client.call(people.createProject, { body: { key: "MINE", name: "Mine" } })),
    ];
  };
  expect(await may("viewer")).toEqual([undefined, "forbidden", "forbidden", "forbidden"]);
  expect(await may("member")).toEqual([undefined, undefined, "forbidden", "forbidden"]);
  expect(await may("owner")).toEqual([undefined, undefined, undefined, "forbidden"]);
});

test("the counts are of this project alone", async () => {
  const project = await hub.project();
  const { client } = await hub.registerServer(project);
  await client.call(heartbeat, { body: {} });
  await hub.registerServer(project);
  await hub.registerServer(await hub.project());
  const counts = await (await hub.admin()).call(people.countProject, { params: { project: project.id } });
  expect(counts).toEqual({
    tasks: {},
    blocked: 0,
    servers: 2,
    servers_online: 1,
    sessions_live: 0,
    interventions_pending: 0,
  });
});
