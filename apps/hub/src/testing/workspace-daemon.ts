import type { DaemonFrame, HubFrame } from "@orchestratia/protocol/server-link";
import type { EvidenceResult, WorkspaceDiff, Worktree } from "@orchestratia/protocol/workspace";
import { listOutput } from "../output/queries.ts";
import { startTask } from "../tasks/start-task.ts";
import type { TestEngine } from "./test-engine.ts";
import { until } from "./until.ts";

export type Asked = Extract<HubFrame, { request_id: string }>;

export const worktree = (task_id: string): Worktree => ({
  task_id,
  task_key: "APP-1",
  repo: "shop",
  branch: "orc/APP-1",
  base_branch: "main",
  base_commit: "1".repeat(40),
  head: "1".repeat(40),
  path: "/var/lib/worktrees/APP-1",
  working_dir: "/var/lib/worktrees/APP-1/app",
  created_at: "2026-01-02T03:04:05.000Z",
  missing: false,
  changed_files: 0,
  ahead: 0,
  behind: 0,
  merged: true,
  setup: { state: "none", exit_code: null, output: "" },
});
export const diff: WorkspaceDiff = {
  branch: "orc/APP-1",
  base_commit: "1".repeat(40),
  head: "2".repeat(40),
  dirty: false,
  files: [],
  files_total: 0,
  additions: 0,
  deletions: 0,
  commits: [],
  commits_total: 1,
  taken_at: "2026-01-02T03:04:05.000Z",
};
export const ended = (command: string, exit_code: number): EvidenceResult => ({
  command,
  exit_code,
  signal: null,
  duration_ms: 1500,
  timed_out: false,
  tail: exit_code === 0 ? "" : "1 test failed\n",
});

/** A server whose daemon speaks version 2; the test says what it answers. */
export async function stage(
  hub: TestEngine,
  settings: Record<string, unknown>,
  { version = 2 as 1 | 2, repos = ["shop"] } = {},
) {
  const project = await hub.addProject(settings);
  const server = await hub.addServer(project, { agents: ["claude"], repos });
  const asked: Asked[] = [];
  const link = hub.connect(
    server.id,
    (frame) => {
      if ("request_id" in frame) asked.push(frame);
    },
    { version },
  );
  const says = (frame: DaemonFrame) => hub.engine.workspaces.received(server.id, frame);
  return {
    project,
    server,
    frames: link.frames,
    asked: async (type: Asked["type"], count = 1): Promise<Asked> => {
      const found = () => asked.filter((frame) => frame.type === type)[count - 1];
      await until(() => found() !== undefined);
      return found() as Asked;
    },
    count: (type: Asked["type"]) => asked.filter((frame) => frame.type === type).length,
    says,
    refuses: ({ request_id }: Asked, error: string, more: { no_checkout?: boolean } = {}) =>
      says({ type: "workspace_result", request_id, ok: false, error, ...more }),
    prints: ({ request_id }: Asked, command: number, content: string, stream: "stdout" | "stderr" = "stdout") =>
      says({ type: "evidence_output", request_id, command, stream, content }),
    proves: ({ request_id }: Asked, ...results: EvidenceResult[]) =>
      says({
        type: "evidence_result",
        request_id,
        ok: results.every(({ exit_code }) => exit_code === 0),
        results,
      }),
  };
}

/** A task begun in a session that was there before. */
export async function started(hub: TestEngine, settings: Record<string, unknown>, how?: Parameters<typeof stage>[2]) {
  const daemon = await stage(hub, { worktree_per_task: false, ...settings }, how);
  const session = await hub.addSession(daemon.project, daemon.server, "claude");
  const id = await hub.addTask(daemon.project);
  await hub.settled();
  await startTask(hub.engine, session, id);
  return { ...daemon, session, id };
}

/** The task has a checkout of its own. */
export const checkedOut = (
  hub: TestEngine,
  { id, server, project }: { id: string; server: { id: string }; project: string },
) =>
  hub.sql.query(
    `insert into engine.checkouts (task_id, server_id, project_id, path, branch)
     values ($1, $2, $3, '/var/lib/worktrees/APP-1', 'orc/APP-1')`,
    [id, server.id, project],
  );

export const outputOf = async (hub: TestEngine, id: string) =>
  (await listOutput(hub.sql, id, { after: 0, limit: 200 })).output.map(({ stream, content }) => `${stream} ${content}`);

export const checkoutsOf = (hub: TestEngine, id: string) =>
  hub.sql.query<{ path: string; branch: string | null }>(
    "select path, branch from engine.checkouts where task_id = $1",
    [id],
  );

export const factsOf = async (hub: TestEngine, id: string, type: string) =>
  hub.sql.query<{ details: Record<string, unknown> }>(
    "select details from activity_log where task_id = $1 and event_type = $2 order by seq",
    [id, type],
  );
