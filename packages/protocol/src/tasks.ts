import { CONTRACT_KEY, isContractKey } from "@orchestratia/domain/contracts";
import { DEPENDENCY_TYPES } from "@orchestratia/domain/dependency-graph";
import { EXEC_MODES } from "@orchestratia/domain/sibling-order";
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

export const ExecMode = z
  .enum(EXEC_MODES)
  .describe("Whether the children are worked on side by side (par) or one after the other (seq)")
  .meta({ id: "ExecMode" });

/** How far a parent's children are. */
export const ChildCounts = z
  .object({ total: z.number().int(), settled: z.number().int(), done: z.number().int() })
  .meta({ id: "ChildCounts" });

/** Where among its parent's children a task stands; the end when nothing is said. */
export const siblingPlace = {
  after: TaskRef.nullish().describe("The child that it comes straight after"),
  before: TaskRef.nullish().describe("The child that it comes straight before"),
  place: z.number().int().min(1).max(1_000_000).nullish().describe("Its place among the children, from 1"),
};
/** At most one of the three says where. */
export const saysOnePlace = ({
  after,
  before,
  place,
}: {
  after?: unknown;
  before?: unknown;
  place?: unknown;
}): boolean => [after, before, place].filter((said) => said !== undefined && said !== null).length <= 1;
const ONE_PLACE = "Give one of after, before and place";

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
    position: z.number().int().nullable().describe("Sort key among the parent's children, with gaps"),
    exec_mode: ExecMode.nullable().describe("Of a parent's children; null counts as par"),
    children: ChildCounts.nullable().describe("How far its children are; null when it has none"),
    auto_assign: z.boolean(),
    assigned_server_id: ServerId.nullable(),
    assigned_server_name: z.string().nullable(),
    assigned_session_id: SessionId.nullable(),
    target_session_name: z.string().nullable(),
    version: z.number().int().describe("Grows by one with each committed change: the ETag"),
    epoch: z.number().int(),
    attempt: z.number().int(),
    worker_lost_since: Moment.nullable().describe("Since when nothing is heard of its worker; null while it is"),
    created_at: Moment,
    updated_at: Moment,
    started_at: Moment.nullable(),
    completed_at: Moment.nullable(),
    archived_at: Moment.nullable().describe("Lists leave it out from then on, unless they are asked for it"),
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

export const NoteQuery = z.object({
  after: z.coerce
    .number()
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe("Notes behind the one with this id; without it the newest"),
  limit: z.coerce.number().int().min(1).max(1000).optional(),
  urgent: z.stringbool().optional(),
  delivery: Note.shape.delivery.unwrap().optional(),
});

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
  git_diff_stats: z.record(z.string(), z.unknown()).nullable().describe("What its worker said of the change"),
  contract_status: ContractStatus,
  resolved_inputs: z.record(z.string(), z.unknown()).describe("By contract key, verbatim from upstream"),
  dependencies: z.array(Dependency),
  dependents: z.array(Dependent),
  moves: z.array(z.string()).describe("What the one who asks can do with it now: moves of the lifecycle"),
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

/** What a new task can say of itself. */
export const NewTaskFields = z.object({
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
  ...siblingPlace,
  exec_mode: ExecMode.nullish(),
  dependency_ids: z.array(TaskRef).max(200).nullish().describe("Plain `blocks` dependencies"),
  dependencies: z.array(NewDependency).max(200).nullish(),
  session_id: z.string().nullish().describe("The creating session, from clients that share a server's key"),
  project_id: z.string().nullish(),
});
export const NewTask = NewTaskFields.refine(saysOnePlace, ONE_PLACE).meta({ id: "NewTask" });

/** Puts a task under another parent, or elsewhere among its siblings. */
export const TaskPlacement = z
  .object({
    parent_id: TaskRef.nullish().describe("The new parent; null for none, left out for the one it has"),
    ...siblingPlace,
  })
  .refine(saysOnePlace, ONE_PLACE)
  .meta({ id: "TaskPlacement" });
export type TaskPlacement = z.infer<typeof TaskPlacement>;
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
    exec_mode: ExecMode.optional(),
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

/** One plan that a worker submitted, and what became of it. */
export const PlanRevision = z
  .object({
    revision: z.number().int().describe("Counted from 1 through all attempts"),
    plan: z.unknown(),
    decision: z
      .enum(["approved", "revised", "withdrawn"])
      .nullable()
      .describe("withdrawn: the attempt ended first; null while nobody has decided"),
    feedback: z.string().nullable(),
    submitted_at: Moment,
    decided_at: Moment.nullable(),
  })
  .meta({ id: "PlanRevision" });
export type PlanRevision = z.infer<typeof PlanRevision>;

export const NewNote = z
  .object({ content: z.string().min(1).max(20_000), urgent: z.boolean().default(false) })
  .meta({ id: "NewNote" });

export const HelpRequest = z
  .object({
    question: z.string().min(1).max(20_000),
    context: z.string().max(100_000).nullish(),
    intervention_type: z.enum(["help", "question", "approval"]).default("help"),
    urgency: z.string().max(40).optional().describe("low, normal or high; anything else is normal"),
    options: z
      .array(z.string().min(1).max(500))
      .max(20)
      .optional()
      .describe("What to choose from; an approval without any offers Approve and Deny"),
    timeout_seconds: z
      .number()
      .int()
      .min(1)
      .max(2_592_000)
      .nullish()
      .describe("When nobody has answered by then, an approval counts as denied, anything else as without an answer"),
    target_session_id: z
      .string()
      .max(64)
      .nullish()
      .describe("A live session of the project that the question is typed into as well"),
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
        disqualifiers: z
          .array(z.string())
          .describe(
            "Why it is not taken automatically: repo, languages, environments, unreachable, draining, usage_limited, starts_no_sessions (its machine's policy.yaml), no_capacity, tried (no session could be started there), waits_for_preferred",
          ),
        criteria: z.array(Criterion),
        active_tasks: z.number().int(),
        max_concurrent: z.number().int(),
      }),
    ),
    best_server_id: ServerId.nullable(),
    waits_for: z
      .object({
        server_id: ServerId,
        server_name: z.string(),
        until: Moment.nullable().describe("null: from when it can be placed, for as long as it asked"),
      })
      .nullable()
      .describe("The preferred server that the task still waits for, since it is off or full"),
  })
  .meta({ id: "MatchExplanation" });
export type MatchExplanation = z.infer<typeof MatchExplanation>;
