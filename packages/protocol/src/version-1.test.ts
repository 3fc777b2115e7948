import { expect, test } from "vitest";
import type { z } from "zod";
import { Answer } from "./interventions.ts";
import { DaemonFrame } from "./server-link.ts";
import { Heartbeat, Registration } from "./servers.ts";
import {
  Assignment,
  Completion,
  HelpRequest,
  NewDependency,
  NewNote,
  NewTask,
  PlanSubmission,
  TaskChanges,
} from "./tasks.ts";

const systemInfo = {
  cpu_count: 4,
  cpu_percent: 1.5,
  memory_total_gb: 16.0,
  memory_used_gb: 3.2,
  memory_percent: 20.1,
  disk_total_gb: 100.0,
  disk_used_gb: 40.0,
  disk_percent: 40.0,
  platform: "Linux",
  platform_release: "6.1.0",
  python_version: "3.11.2",
  uptime_seconds: 1767323045,
  os_username: "agent",
  agent_version: "0.20.0",
};

/** What version 1 clients send, which will never be changed to suit us. */
const sent: [what: string, schema: z.ZodType, body: unknown][] = [
  [
    "a registration of a fresh machine",
    Registration,
    {
      name: "box",
      hostname: "box",
      ip: "0.0.0.0",
      os: "linux",
      repos: {},
      system_info: systemInfo,
      registration_token: "orcreg_aHR0cDovL2xvY2FsaG9zdDo4MDAw.se.cret",
      machine_id: "",
      mac_address: "02:42:ac:11:00:02",
    },
  ],
  ["a heartbeat", Heartbeat, { system_info: systemInfo }],
  ["a task", NewTask, { title: "T", spec: "S", priority: "normal", type: "feature" }],
  [
    "a task with everything",
    NewTask,
    {
      title: "T",
      spec: "S",
      priority: "critical",
      type: "docs",
      session_id: "not-a-uuid",
      project_id: "6f1c9a52-0d3b-4e56-8a77-1f2e3d4c5b6a",
      target_repo: "demo",
      target_branch: "main",
      acceptance_criteria: ["it works"],
      dependency_ids: ["6f1c9a52-0d3b-4e56-8a77-1f2e3d4c5b6a"],
    },
  ],
  ...[{ summary: "done" }, 42, ["a"], true, null, "in words"].map((result): [string, z.ZodType, unknown] => [
    `a result that is ${JSON.stringify(result)}`,
    Completion,
    { result },
  ]),
  [
    "a result with statistics",
    Completion,
    {
      result: "x",
      git_diff_stats: { files_changed: 1, insertions: 2, deletions: 0, files: [], binary_files: [], base_commit: null },
    },
  ],
  ["a plan in words", PlanSubmission, { plan: { summary: "first this" } }],
  ["a note", NewNote, { content: "hello", urgent: true }],
  ["a note from MCP", NewNote, { content: "hello" }],
  ["a call for help", HelpRequest, { question: "Which?", intervention_type: "approval" }],
  ["a call for help from MCP", HelpRequest, { question: "Which?", context: "", urgency: "ASAP!" }],
  ["an assignment", Assignment, { session_name: "w1", require_plan: true }],
  ["a change", TaskChanges, { priority: "high" }],
  [
    "a dependency",
    NewDependency,
    { depends_on_task_id: "6f1c9a52-0d3b-4e56-8a77-1f2e3d4c5b6a", dependency_type: "related" },
  ],
  ["an answer", Answer, { response: "Postgres" }],
  [
    "a session that a tmux name stands for",
    DaemonFrame,
    { type: "session_output", session_id: "orc-6f1c9a52-0d3", data: "" },
  ],
  ["a start without extras", DaemonFrame, { type: "session_started", session_id: "s", pid: 1, tmux_name: "orc-s" }],
  ["an end without an exit code", DaemonFrame, { type: "session_closed", session_id: "s" }],
];

test.each(sent)("%s is taken as it is", (_, schema, body) => {
  expect(schema.parse(body)).toMatchObject(body as object);
});
