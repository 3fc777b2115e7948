import * as agents from "@orchestratia/protocol/operations/agents";
import * as operations from "@orchestratia/protocol/operations/output";
import { OUTPUT_CHUNK_MAX } from "@orchestratia/protocol/task-output";
import { expect, test } from "vitest";
import { FakeViewer } from "../testing/fake-viewer.ts";
import { startTestHub } from "../testing/test-hub.ts";
import { openTestTeam, refusalCode } from "../testing/test-team.ts";

test("what a worker appends, people and agents of the project read", async () => {
  await using hub = await startTestHub();
  await using team = await openTestTeam({ url: hub.url, admin: await hub.admin() });
  const token = (await hub.adminHeaders()).authorization?.replace("Bearer ", "") ?? "";
  await using viewer = await FakeViewer.signedIn(hub.url, token);
  await using onlooker = await FakeViewer.signedIn(hub.url, token);
  const worker = await team.startAgent("worker");
  const other = await team.startAgent("worker");
  const task = await team.addTask();
  await team.give(task, worker);
  const params = { task: task.key };
  viewer.send({ type: "subscribe", topic: `task:${task.id}` });
  onlooker.send({ type: "subscribe", topic: `project:${team.project}` });
  for (const each of [viewer, onlooker]) await each.next("caught_up");
  await worker.client.call(agents.agentStartTask, { params });
  // The longest piece, in characters that JSON spells out.
  const content = "\u0001".repeat(OUTPUT_CHUNK_MAX);
  const body = { stream: "stdout" as const, content };
  const added = await worker.client.call(operations.agentAddTaskOutput, { params, body });
  expect(added).toMatchObject({ seq: 1, stream: "stdout", epoch: 1 });
  const more = { stream: "stderr" as const, content: "oh" };
  await worker.client.call(operations.agentAddTaskOutput, { params, body: more });

  const read = await team.admin.call(operations.listTaskOutput, { params: { project: team.project, ...params } });
  expect(read).toMatchObject({ output: [body, more], next: null });
  const query = { after: 1 };
  expect(await other.client.call(operations.agentListTaskOutput, { params, query })).toMatchObject({ output: [more] });

  const piece = (seq: number) => ({ task_id: task.id, server_id: team.daemon.serverId, seq });
  expect(await viewer.next("task_output")).toMatchObject({ ...piece(1), ...body });
  expect(await viewer.next("task_output")).toMatchObject({ ...piece(2), ...more });
  const isSecond = ({ details }: { details: Record<string, unknown> }) => details.seq === 2;
  await onlooker.next("task_event", isSecond);
  expect(onlooker.frames.filter(({ type }) => type === "task_output")).toEqual([]);

  const refused = (client: typeof worker.client, stream: string, text: string) =>
    refusalCode(client.call(operations.agentAddTaskOutput, { params, body: { stream, content: text } as never }));
  expect(await refused(other.client, "stdout", "x")).toBe("not_the_worker");
  expect(await refused(worker.client, "tail", "x")).toBe("invalid_request");
  expect(await refused(worker.client, "stdout", `${content}x`)).toBe("invalid_request");
});
