import { randomUUID } from "node:crypto";
import { Pipeline } from "@orchestratia/protocol/pipelines";
import type { Recording } from "@orchestratia/protocol/recordings";
import { FileTransfer } from "@orchestratia/protocol/remote";
import { Server } from "@orchestratia/protocol/servers";
import { AgentSession } from "@orchestratia/protocol/sessions";
import { type Dependency, MatchExplanation, type Note, Task, TaskSummary } from "@orchestratia/protocol/tasks";
import type { z } from "zod";
import { sampleDiff } from "./sample-diff.ts";

const at = "2026-01-02T03:04:05.000Z";

export const TASK_ID = "6f1c9a52-0d3b-4e56-8a77-1f2e3d4c5b6a";
const PROJECT_ID = "0b7e4c11-9a55-4c8e-b3de-77a6f01d2c3b";
const SERVER_ID = "a81d2f60-5b1e-4a7c-9c38-52f3b0e4d6a9";
const SESSION_ID = "c3d90e7b-2a64-4f1d-8e05-9b7a61c2f4d8";
const UPSTREAM_ID = "d4ea1f8c-3b75-4021-9f16-ac8b72d305e9";

const dependency: z.input<typeof Dependency> = {
  id: randomUUID(),
  depends_on_task_id: UPSTREAM_ID,
  depends_on_key: "DEMO-1",
  depends_on_title: "Describe the API",
  depends_on_status: "done",
  dependency_type: "input",
  contract_key: "api_schema",
  alias: null,
  resolved: true,
};

const note: z.input<typeof Note> = {
  id: 1,
  task_id: TASK_ID,
  content: "Half of it is done.",
  urgent: false,
  author: "w1",
  delivery: null,
  created_at: at,
};

const recording: z.input<typeof Recording> = {
  session_id: SESSION_ID,
  session_name: "api-worker",
  session_status: "closed",
  agent: "claude",
  server_id: SERVER_ID,
  server_name: "local",
  started_at: at,
  closed_at: at,
  task_id: TASK_ID,
  task_key: "DEMO-3",
  begins: 0,
  ends: 61.5,
  bytes: 4096,
  segments: 2,
};

/** A task with something in every field that the CLI prints. */
export const sampleTask = (changes: Partial<z.input<typeof Task>> = {}): Task =>
  Task.parse({
    id: TASK_ID,
    key: "DEMO-3",
    project_id: PROJECT_ID,
    title: "Build the client",
    type: "feature",
    priority: "high",
    labels: [],
    status: "running",
    status_reason: null,
    blocked: false,
    blocked_by_failed: false,
    waiting_for: null,
    parent_id: null,
    position: null,
    exec_mode: null,
    children: null,
    auto_assign: true,
    assigned_server_id: SERVER_ID,
    assigned_server_name: "local",
    assigned_session_id: SESSION_ID,
    target_session_name: "w1",
    version: 7,
    epoch: 1,
    attempt: 1,
    worker_lost_since: null,
    created_at: at,
    updated_at: at,
    started_at: at,
    completed_at: null,
    archived_at: null,
    spec: "Read the schema.\nWrite the client.",
    structured_spec: null,
    acceptance_criteria: ["it compiles"],
    target_repo: "demo",
    target_branch: "main",
    require_plan: null,
    require_review: null,
    resume_status: null,
    eligible_at: at,
    created_by: { type: "session", id: SESSION_ID, name: "lead" },
    source_session_id: SESSION_ID,
    source_session_name: "lead",
    plan: null,
    plan_feedback: null,
    result: null,
    git_diff_stats: null,
    contract_status: "none",
    resolved_inputs: { api_schema: { type: "object" } },
    dependencies: [dependency],
    dependents: [],
    moves: ["complete", "fail", "help"],
    recent_notes: [note],
    ...changes,
  });

const server: z.input<typeof Server> = {
  id: SERVER_ID,
  project_id: PROJECT_ID,
  name: "local",
  hostname: "box",
  os: "linux",
  ip: null,
  status: "online",
  reachable: true,
  draining: false,
  repos: { demo: "/srv/demo" },
  agents: [{ name: "claude", kind: "claude" }],
  capabilities: {},
  system_info: {},
  active_tasks: 1,
  max_concurrent: 4,
  max_concurrent_override: null,
  capabilities_override: null,
  last_heartbeat: at,
  created_at: at,
};

const session: z.input<typeof AgentSession> = {
  id: SESSION_ID,
  number: 1,
  project_id: PROJECT_ID,
  server_id: SERVER_ID,
  server_name: "local",
  name: "w1",
  agent: "claude",
  role: "worker",
  status: "active",
  agent_status: "idle",
  waiting: null,
  working_directory: "/srv/demo",
  task_id: TASK_ID,
  task_key: "DEMO-3",
  task_title: "Build the client",
  exit_code: null,
  error: null,
  created_at: at,
  started_at: at,
  closed_at: null,
};

const intervention = {
  id: "e5fb2091-4c86-4132-a027-bd9c83e416fa",
  project_id: PROJECT_ID,
  task_id: TASK_ID,
  task_key: "DEMO-3",
  task_title: "Build the client",
  session_id: SESSION_ID,
  target_session_id: null,
  raised_by: "worker",
  intervention_type: "question",
  status: "pending",
  question: "Which database?",
  context: null,
  options: ["Postgres"],
  urgency: "normal",
  cause: null,
  timeout_at: null,
  response: null,
  responder: null,
  created_at: at,
  responded_at: null,
  delivery: null,
};

const transfer = {
  transfer_id: "9b1f2c04-7a3e-4a52-8f16-0c2d5e7b9a31",
  status: "completed",
  filename: "result.json",
  file_size: 20,
  sha256: "0".repeat(64),
  sender: "lead",
  target_session: "w1",
  target_session_id: SESSION_ID,
  chunks_relayed: 1,
  total_chunks: 1,
  error: null,
};

const project = {
  id: PROJECT_ID,
  key: "DEMO",
  name: "Demo",
  status: "active",
  settings: {},
  role: "owner",
  created_at: at,
};
const user = { id: randomUUID(), email: "ada@example.org", name: "Ada", role: "admin", created_at: at };
const accessToken = {
  id: "2c7e9a14-5d3b-4f60-8a91-6e0d4b7f2c35",
  user_id: user.id,
  name: "Nightly build",
  prefix: "orct_Zm9vYm",
  scope: "write",
  projects: [{ id: PROJECT_ID, key: "DEMO" }],
  created_at: at,
  expires_at: "2026-04-02T03:04:05.000Z",
  last_used_at: null,
};
export const sampleFact = {
  position: 42,
  event_type: "task.completed",
  project_id: PROJECT_ID,
  task_id: TASK_ID,
  session_id: null,
  server_id: null,
  actor: { type: "session", id: SESSION_ID, name: "w1" },
  details: { key: "DEMO-3", title: "Build the client" },
  at,
};
const finding = {
  code: "needs_human",
  severity: "warning",
  task_id: TASK_ID,
  task_key: "DEMO-3",
  task_title: "Build the client",
  task_status: "needs_human",
  server_id: null,
  session_id: null,
  message: "Its worker waits for an answer.",
  advice: "Answer it.",
};

/** What people are answered. */
const peopleAnswers = (): Record<string, unknown> => ({
  signIn: { user, token: "a.b.c", csrf_token: "csrf", expires_at: at },
  signOut: { ok: true },
  me: { user, csrf_token: null, expires_at: null },
  createAccessToken: { ...accessToken, token: "orct_example" },
  listAccessTokens: { access_tokens: [accessToken] },
  revokeAccessToken: accessToken,
  listProjects: { projects: [project] },
  createProject: project,
  viewProject: project,
  diagnoseProject: { healthy: true, findings: [finding] },
  listActivity: { activity: [sampleFact] },
  updateServer: Server.parse(server),
  ...Object.fromEntries(
    ["approveTask", "requestChanges", "requeueTask", "retryTask", "reopenTask"].map((id) => [id, sampleTask()]),
  ),
  archiveTask: sampleTask({ status: "done" }),
  unarchiveTask: sampleTask({ status: "done" }),
});

/** What the hub answers to each operation, by its id. */
export const sampleAnswers = (): Record<string, unknown> => {
  const agents = agentAnswers();
  return { ...agents, ...peopleAnswers(), ...peopleCounterparts(agents) };
};

/** The agents' answers as people get them. */
const peopleCounterparts = (agents: ReturnType<typeof agentAnswers>): Record<string, unknown> => ({
  listTasks: agents.agentListTasks,
  createTask: agents.agentCreateTask,
  viewTask: agents.agentViewTask,
  updateTask: agents.agentUpdateTask,
  cancelTask: agents.agentCancelTask,
  failTask: agents.agentFailTask,
  assignTask: agents.agentAssignTask,
  addDependency: agents.agentAddDependency,
  removeDependency: agents.agentRemoveDependency,
  addNote: agents.agentAddNote,
  listNotes: { notes: agents.agentListNotes },
  explainMatch: agents.agentExplainMatch,
  listPlans: agents.agentListPlans,
  approvePlan: agents.agentApprovePlan,
  revisePlan: agents.agentRevisePlan,
  placeTask: agents.agentPlaceTask,
  listChildren: agents.agentListChildren,
  viewTaskDiff: agents.agentViewTaskDiff,
  listTaskOutput: agents.agentListTaskOutput,
  searchTasks: agents.agentSearchTasks,
  viewIntervention: agents.agentViewIntervention,
  createPipeline: agents.agentCreatePipeline,
  listInterventions: { interventions: agents.agentListInterventions, next: null },
  respondIntervention: agents.agentRespondIntervention,
  listServers: { ...agents.agentListServers, next: null },
  listSessions: { ...agents.agentListSessions, next: null },
  listRecordings: { recordings: [recording], next: null },
  downloadRecording: '{"version": 2, "width": 80, "height": 24}',
});

const agentAnswers = () => ({
  agentListTasks: { tasks: [TaskSummary.parse(sampleTask())], next: "cursor-2" },
  agentCreateTask: sampleTask({ status: "pending" }),
  agentCheckTasks: { count: 1, tasks: [sampleTask()] },
  agentViewTask: sampleTask(),
  agentUpdateTask: sampleTask({ priority: "critical" }),
  agentCancelTask: sampleTask({ status: "cancelled" }),
  agentStartTask: sampleTask(),
  agentCompleteTask: sampleTask({ status: "done", result: { summary: "built" } }),
  agentSubmitTask: sampleTask({ status: "review" }),
  agentFailTask: sampleTask({ status: "failed", result: { error: "no licence" } }),
  agentPlanTask: sampleTask({ status: "plan_review" }),
  agentListPlans: {
    revisions: [
      {
        revision: 1,
        plan: { summary: "Read, then write." },
        decision: "revised",
        feedback: "Leave the migration out.",
        submitted_at: at,
        decided_at: at,
      },
    ],
  },
  agentApprovePlan: sampleTask(),
  agentRevisePlan: sampleTask({ status: "planning" }),
  agentPlaceTask: sampleTask(),
  agentListChildren: { tasks: [TaskSummary.parse(sampleTask())], next: null },
  agentViewTaskDiff: sampleDiff(at),
  agentListTaskOutput: {
    output: [{ seq: 1, stream: "stdout", content: "42 tests passed\n", epoch: 1, created_at: at }],
    next: null,
  },
  agentAddTaskOutput: { seq: 2, stream: "stdout", epoch: 1, created_at: at },
  agentSearchTasks: {
    hits: [{ task: TaskSummary.parse(sampleTask()), rank: 1, snippet: [{ text: "the client", match: true }] }],
    similar: false,
    next: null,
  },
  agentViewIntervention: intervention,
  agentHelpTask: { intervention_id: intervention.id, status: "pending" },
  agentAssignTask: sampleTask({ status: "assigned" }),
  agentAddDependency: dependency,
  agentRemoveDependency: sampleTask({ dependencies: [] }),
  agentListNotes: [note],
  agentAddNote: note,
  agentExplainMatch: MatchExplanation.parse({
    task_id: TASK_ID,
    servers: [
      {
        server_id: SERVER_ID,
        server_name: "local",
        score: 175,
        eligible: true,
        disqualifiers: [],
        criteria: [{ name: "repo", points: 100, matched: ["demo"], missing: [] }],
        active_tasks: 1,
        max_concurrent: 4,
      },
    ],
    best_server_id: SERVER_ID,
    waits_for: null,
  }),
  agentCreatePipeline: Pipeline.parse({
    pipeline: "demo",
    tasks_created: 1,
    id_map: { a: TASK_ID },
    tasks: [sampleTask()],
    dry_run: false,
    placements: [],
    warnings: ["DEMO-1 never declared api_schema"],
  }),
  agentListInterventions: [intervention],
  agentRespondIntervention: { ...intervention, status: "responded", response: "Postgres" },
  agentListServers: { servers: [Server.parse(server)] },
  agentListSessions: { sessions: [AgentSession.parse(session)] },
  agentRemoteExec: { exit_code: 0, stdout: "hello\n", stderr: "" },
  agentRemoteRead: { size: 6, version: "1", data: Buffer.from("hello\n").toString("base64") },
  agentSendFile: FileTransfer.parse({ ...transfer, status: "pending", chunks_relayed: 0 }),
  agentViewFileTransfer: FileTransfer.parse(transfer),
  agentStatus: {
    connected: true,
    server_id: SERVER_ID,
    server_name: "local",
    session_id: SESSION_ID,
    session_name: "w1",
    project_id: PROJECT_ID,
    project_key: "DEMO",
    project_name: "Demo",
    role: "worker",
    tasks: [TaskSummary.parse(sampleTask())],
    task_summary: { pending: 2, running: 1, total: 3 },
  },
});
