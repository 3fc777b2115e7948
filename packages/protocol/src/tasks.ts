import { CONTRACT_KEY, isContractKey } from "@orchestratia/domain/contracts";
import { DEPENDENCY_TYPES } from "@orchestratia/domain/dependency-graph";
import { z } from "zod";
import { StructuredSpec } from "./structured-spec.ts";
import {
  Actor,
  ContractStatus,
  Moment,
  ProjectId,
  ServerId,
  SessionId,
  TaskId,
  TaskPriority,
  TaskRef,
  TaskStatus,
  TaskType,
} from "./vocabulary.ts";

export const Title = z.string().trim().min(1).max(300);
export const Spec = z.string().min(1).max(200_000).describe("Markdown");
const Criteria = z.array(z.string().min(1).max(2000)).max(100);
const Labels = z.array(z.string().min(1).max(60)).max(50);
const Place = z.string().min(1).max(500);

export const DependencyType = z.enum(DEPENDENCY_TYPES).meta({ id: "DependencyType" });

/** An edge as seen from the task that waits. */
export const Dependency = z
  .object({
    id: z.uuid(),
    depends_on_task_id: TaskId,
    depends_on_key: z.string(),
    depends_on_title: z.string(),
    depends_on_status: TaskStatus,
    dependency_type: DependencyType,
    contract_key: z.string().nullable(),
    alias: z.string().nullable(),
    resolved: z.boolean(),
  })
  .meta({ id: "Dependency" });
export type Dependency = z.infer<typeof Dependency>;

const Warnings = z.array(z.string()).optional().describe("What was accepted but looks wrong");

export const AddedDependency = Dependency.extend({ warnings: Warnings }).meta({ id: "AddedDependency" });
export type AddedDependency = z.infer<typeof AddedDependency>;

/** An edge as seen from the task that is waited for. */
export const Dependent = z
  .object({
    task_id: TaskId,
    key: z.string(),
    title: z.string(),
    status: TaskStatus,
    dependency_type: DependencyType,
    contract_key: z.string().nullable(),
    resolved: z.boolean(),
  })
  .meta({ id: "Dependent" });

/** What a list shows of a task. */
export const TaskSummary = z
  .object({
    id: TaskId,
    key: z.string().describe("Short and human, such as DEMO-3"),
    project_id: ProjectId,
    title: z.string(),
    type: TaskType,
    priority: TaskPriority,
    labels: z.array(z.string()),
    status: TaskStatus,
    status_reason: z.string().nullable(),
    blocked: z.boolean().describe("A gating dependency is unresolved"),
    blocked_by_failed: z.boolean().describe("Something upstream failed or was cancelled"),
    waiting_for: z.string().nullable().describe("Why nothing happens now, in words; null when something does"),
    parent_id: TaskId.nullable(),
    auto_assign: z.boolean(),
    assigned_server_id: ServerId.nullable(),
    assigned_server_name: z.string().nullable(),
    assigned_session_id: SessionId.nullable(),
    target_session_name: z.string().nullable(),
    version: z.number().int().describe("Grows by one with each committed change: the ETag"),
    epoch: z.number().int(),
    attempt: z.number().int(),
    created_at: Moment,
    updated_at: Moment,
    started_at: Moment.nullable(),
    completed_at: Moment.nullable(),
  })
  .meta({ id: "TaskSummary" });
export type TaskSummary = z.infer<typeof TaskSummary>;

export const Note = z
  .object({
    id: z.number().int(),
    task_id: TaskId,
    content: z.string(),
    urgent: z.boolean(),
    author: z.string(),
    delivery: z.enum(["queued", "delivered", "failed"]).nullable(),
    created_at: Moment,
  })
  .meta({ id: "Note" });
export type Note = z.infer<typeof Note>;

/** Everything there is to know of one task. */
export const Task = TaskSummary.extend({
  spec: z.string(),
  structured_spec: z.record(z.string(), z.unknown()).nullable(),
  acceptance_criteria: z.array(z.string()),
  target_repo: z.string().nullable(),
  target_branch: z.string().nullable(),
  require_plan: z.boolean().nullable(),
  require_review: z.boolean().nullable(),
  resume_status: TaskStatus.nullable(),
  eligible_at: Moment,
  created_by: Actor,
  source_session_id: SessionId.nullable(),
  source_session_name: z.string().nullable(),
  plan: z.unknown().nullable(),
  plan_feedback: z.string().nullable(),
  result: z.unknown().nullable().describe("Any JSON value; task-result/v1 is understood"),
  contract_status: ContractStatus,
  resolved_inputs: z.record(z.string(), z.unknown()).describe("By contract key, verbatim from upstream"),
  dependencies: z.array(Dependency),
  dependents: z.array(Dependent),
  moves: z.array(z.string()).describe("The moves that the lifecycle allows from the present status"),
  recent_notes: z.array(Note).describe("The last 20, oldest first"),
  warnings: Warnings,
}).meta({ id: "Task" });
export type Task = z.infer<typeof Task>;

export const NewDependency = z
  .object({
    depends_on_task_id: TaskRef,
    dependency_type: DependencyType.exclude(["order"]).default("blocks"),
    contract_key: z
      .string()
      .regex(CONTRACT_KEY)
      .refine(isContractKey, "This key is reserved")
      .nullish()
      .describe("One of the upstream's contracts; an input without one is all of them"),
    alias: z.string().min(1).max(64).nullish(),
  })
  .meta({ id: "NewDependency" });
export type NewDependency = z.infer<typeof NewDependency>;

export const NewTask = z
  .object({
    title: Title,
    spec: Spec,
    structured_spec: StructuredSpec.nullish(),
    type: TaskType.default("feature"),
    priority: TaskPriority.default("normal"),
    labels: Labels.default([]),
    acceptance_criteria: Criteria.nullish(),
    target_repo: Place.nullish(),
    target_branch: Place.nullish(),
    require_plan: z.boolean().nullish(),
    require_review: z.boolean().nullish(),
    auto_assign: z.boolean().default(true),
    parent_id: TaskRef.nullish(),
    dependency_ids: z.array(TaskRef).max(200).nullish().describe("Plain `blocks` dependencies"),
    dependencies: z.array(NewDependency).max(200).nullish(),
    session_id: z.string().nullish().describe("The creating session, from clients that share a server's key"),
    project_id: z.string().nullish(),
  })
  .meta({ id: "NewTask" });
export type NewTask = z.infer<typeof NewTask>;

export const TaskChanges = z
  .object({
    title: Title.optional(),
    spec: Spec.optional(),
    structured_spec: StructuredSpec.nullish(),
    type: TaskType.optional(),
    priority: TaskPriority.optional(),
    labels: Labels.optional(),
    acceptance_criteria: Criteria.nullish(),
    target_repo: Place.nullish(),
    target_branch: Place.nullish(),
    require_plan: z.boolean().nullish(),
    require_review: z.boolean().nullish(),
    auto_assign: z.boolean().optional(),
  })
  .refine((changes) => Object.keys(changes).length > 0, "Give at least one field to change")
  .meta({ id: "TaskChanges" });
export type TaskChanges = z.infer<typeof TaskChanges>;

export const Completion = z
  .object({
    result: z.unknown().describe("Any JSON value; `contracts` in it delivers the declared contracts"),
    git_diff_stats: z.record(z.string(), z.unknown()).nullish(),
    allow_partial: z.boolean().default(false).describe("Settle although required contracts are missing or invalid"),
  })
  .meta({ id: "Completion" });
export type Completion = z.infer<typeof Completion>;

export const Failure = z.object({ error: z.string().min(1).max(20_000) }).meta({ id: "Failure" });

/** `session_name` for agents; people may name a server or a session by id. */
export const Assignment = z
  .object({
    session_name: z.string().min(1).max(200).optional(),
    session_id: SessionId.optional(),
    server_id: ServerId.optional(),
    require_plan: z.boolean().optional(),
  })
  .refine((to) => to.session_name ?? to.session_id ?? to.server_id, "Name a session or a server")
  .meta({ id: "Assignment" });
export type Assignment = z.infer<typeof Assignment>;

export const PlanSubmission = z.object({ plan: z.unknown() }).meta({ id: "PlanSubmission" });
export const NewNote = z
  .object({ content: z.string().min(1).max(20_000), urgent: z.boolean().default(false) })
  .meta({ id: "NewNote" });

export const HelpRequest = z
  .object({
    question: z.string().min(1).max(20_000),
    context: z.string().max(100_000).nullish(),
    intervention_type: z.enum(["help", "question", "approval"]).default("help"),
    urgency: z.string().max(40).optional().describe("low, normal or high; anything else is normal"),
    options: z.array(z.string().min(1).max(500)).max(20).optional(),
    timeout_seconds: z.number().int().min(1).max(2_592_000).nullish(),
  })
  .meta({ id: "HelpRequest" });
export type HelpRequest = z.infer<typeof HelpRequest>;

export const Criterion = z.object({
  name: z.string(),
  points: z.number(),
  matched: z.array(z.string()),
  missing: z.array(z.string()),
});

/** Why a server would or would not get the task. */
export const MatchExplanation = z
  .object({
    task_id: TaskId,
    servers: z.array(
      z.object({
        server_id: ServerId,
        server_name: z.string(),
        score: z.number(),
        eligible: z.boolean(),
        disqualifiers: z.array(z.string()),
        criteria: z.array(Criterion),
        active_tasks: z.number().int(),
        max_concurrent: z.number().int(),
      }),
    ),
    best_server_id: ServerId.nullable(),
  })
  .meta({ id: "MatchExplanation" });
export type MatchExplanation = z.infer<typeof MatchExplanation>;
