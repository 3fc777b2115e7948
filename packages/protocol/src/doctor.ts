import { z } from "zod";
import { ServerId, SessionId, TaskId, TaskStatus } from "./vocabulary.ts";

/** Why nothing happens with a task, or what is wrong with the hub's own books; the key is the finding's stable code. */
export const FINDINGS = {
  stuck: "Nothing that the hub knows of would ever move it: a fault of the hub",
  circle: "Waits for tasks that wait for it: a fault of the hub",
  counter_differs: "A stored counter does not say what the rows say: a fault of the hub",
  blocked: "Waits for other tasks that are not settled",
  blocked_by_failed: "Waits for a task that failed or was cancelled",
  input_missing: "Waits for a contract that its upstream did not deliver",
  waiting_for_children: "Is done when its children are",
  children_failed: "All its children are settled and none is done",
  children_settled: "Was reopened, and all its children are settled",
  empty_parent: "An epic without children",
  manual_only: "Is not to be assigned automatically",
  not_yet_eligible: "Is not to be assigned before a certain moment",
  no_server: "The project has no server",
  waiting_for_server: "No server has what it needs",
  server_offline: "The servers that have what it needs are offline",
  server_unreachable: "The servers that have what it needs have no connection",
  draining: "The servers that have what it needs take nothing new",
  waiting_for_preferred: "Waits a while for the server it prefers",
  usage_limited: "The agents that could do it have reached their usage limits",
  waiting_for_capacity: "The servers that have what it needs are full",
  server_lost: "Is assigned to a server that is offline",
  start_failed: "No session could be started for it",
  waiting_for_session: "Its server has no session that takes it",
  waiting_for_prompt: "Its session's agent is not at its prompt",
  waiting_for_start: "Was delivered and is not begun",
  not_started: "Was delivered, is not begun, and the hub has asked about it",
  worker_lost: "Its worker is lost",
  agent_waiting: "Its worker waits for a person at the terminal",
  agent_exited: "Its worker's agent has ended, and its session lives on",
  agent_idle: "Its worker is at its prompt although the task is begun",
  needs_human: "Its worker waits for an answer",
  plan_review: "Its plan waits for approval",
  review: "Its result waits for review",
} as const satisfies Record<string, string>;

export type FindingCode = keyof typeof FINDINGS;

export const Finding = z
  .object({
    code: z.enum(Object.keys(FINDINGS) as [FindingCode, ...FindingCode[]]),
    severity: z.enum(["error", "warning", "info"]).describe("error: a fault of the hub; warning: somebody has to act"),
    task_id: TaskId.nullable(),
    task_key: z.string().nullable(),
    task_title: z.string().nullable(),
    task_status: TaskStatus.nullable(),
    server_id: ServerId.nullable(),
    session_id: SessionId.nullable(),
    message: z.string().describe("What is the matter"),
    advice: z.string().describe("What to do about it"),
  })
  .meta({ id: "Finding" });
export type Finding = z.infer<typeof Finding>;

export const Diagnosis = z
  .object({
    healthy: z.boolean().describe("True when no finding is an error"),
    findings: z.array(Finding).describe("Errors first, then warnings; 1,000 at most"),
  })
  .meta({ id: "Diagnosis" });
export type Diagnosis = z.infer<typeof Diagnosis>;
