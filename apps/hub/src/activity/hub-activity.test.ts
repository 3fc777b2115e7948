import * as people from "@orchestratia/protocol/operations/people";
import { listHubActivity } from "@orchestratia/protocol/operations/users";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addPerson } from "../testing/matrix-world.ts";
import { ADMIN, startTestHub, type TestHub } from "../testing/test-hub.ts";
import { refusalCode } from "../testing/test-team.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

test("admins read what happened in the hub itself and in every project, filtered as a project's activity is", async () => {
  const admin = await hub.admin();
  const [one, two] = [await hub.project(), await hub.project()];
  const denied = hub.client().call(people.signIn, { body: { email: ADMIN.email, password: "not the password" } });
  expect(await refusalCode(denied)).toBe("wrong_credentials");
  const signedIn = await hub.client().call(people.signIn, { body: ADMIN });
  await hub.client({ authorization: `Bearer ${signedIn.token}` }).call(people.signOut);
  await hub.hub.sequencer.settled();

  const list = async (query: Record<string, unknown> = {}) =>
    (await admin.call(listHubActivity, { query })).activity.map(({ event_type, project_id }) => [
      event_type,
      project_id,
    ]);
  expect(await list()).toEqual([
    ["user.signed_out", null],
    ["user.signed_in", null],
    ["user.sign_in_denied", null],
    ["project.created", two.id],
    ["project.created", one.id],
    ["user.signed_in", null],
    ["user.created", null],
  ]);
  expect(await list({ hub_only: "true", after: 0, limit: 2 })).toEqual([
    ["user.created", null],
    ["user.signed_in", null],
  ]);
  expect(await list({ project: one.key })).toEqual([["project.created", one.id]]);
  expect(await list({ event_type: "project.*,user.created" })).toHaveLength(3);
  expect(await list({ actor: "system" })).toHaveLength(2);
  const { activity } = await admin.call(listHubActivity, { query: { event_type: "user.signed_in", limit: 1 } });
  expect(activity).toMatchObject([{ actor: { name: ADMIN.name }, details: { address: "127.0.0.1" } }]);
  expect(await refusalCode(admin.call(listHubActivity, { query: { project: "NOSUCH" } }))).toBe("project_not_found");
});

test("nobody else reads it, whatever they are in a project", async () => {
  const project = (await hub.project()).id;
  const token = await addPerson(hub, "viewer", { project, role: "owner" });
  const owner = hub.client({ authorization: `Bearer ${token}` });
  expect(await refusalCode(owner.call(listHubActivity, {}))).toBe("forbidden");
});
