import { z } from "zod";
import { AgentWait } from "./agent-wait.ts";
import {
  Actor,
  GlobalRole,
  Moment,
  ProjectId,
  ProjectRole,
  ServerId,
  SessionId,
  TaskId,
  TaskStatus,
  UserId,
} from "./vocabulary.ts";

const move = z.object({ from: TaskStatus.nullable(), to: TaskStatus, key: z.string(), title: z.string() });
const named = z.looseObject({ name: z.string() });

/** What each kind of fact says. Fields are added, never renamed: old facts are read again. */
export const ACTIVITY_DETAILS = {
  "project.created": z.object({ key: z.string(), name: z.string() }),
  "project.updated": z.looseObject({}),
  "project.member_added": z.looseObject({ user_id: UserId, name: z.string(), role: ProjectRole }),
  "project.member_changed": z.looseObject({ user_id: UserId, name: z.string(), role: ProjectRole, from: ProjectRole }),
  "project.member_removed": z.looseObject({ user_id: UserId, name: z.string(), role: ProjectRole }),
  "invitation.created": z.looseObject({ invitation_id: z.string(), email: z.string().nullable(), role: GlobalRole }),
  "invitation.revoked": z.looseObject({ invitation_id: z.string() }),
  "invitation.accepted": z.looseObject({ invitation_id: z.string(), user_id: UserId, email: z.string() }),
  "password_reset.created": z.looseObject({ user_id: UserId, email: z.string() }),
  "password_reset.used": z.looseObject({ user_id: UserId, email: z.string() }),
  "user.created": z.object({ email: z.string() }),
  "user.signed_in": z.looseObject({
    sign_in_id: z.string().optional(),
    address: z.string().optional(),
    provider: z.string().optional(),
  }),
  "user.sign_in_denied": z.looseObject({
    email: z.string(),
    address: z.string().optional(),
    provider: z.string().optional(),
    problem: z.string().optional(),
  }),
  "user.signed_out": z.looseObject({ sign_in_id: z.string() }),
  "user.sign_in_revoked": z.looseObject({ user_id: UserId, email: z.string(), sign_in_id: z.string() }),
  "user.updated": z.looseObject({ user_id: UserId, email: z.string(), fields: z.array(z.string()) }),
  "user.role_changed": z.looseObject({ user_id: UserId, email: z.string(), role: GlobalRole, from: GlobalRole }),
  "user.deactivated": z.looseObject({ user_id: UserId, email: z.string() }),
  "user.reactivated": z.looseObject({ user_id: UserId, email: z.string() }),
  "user.password_changed": z.looseObject({ user_id: UserId, email: z.string() }),
  "user.identity_linked": z.looseObject({ user_id: UserId, email: z.string(), provider: z.string() }),
  "user.identity_unlinked": z.looseObject({ user_id: UserId, email: z.string(), provider: z.string() }),
  "oauth_provider.created": z.looseObject({ provider: z.string() }),
  "oauth_provider.updated": z.looseObject({ provider: z.string(), fields: z.array(z.string()) }),
  "oauth_provider.deleted": z.looseObject({ provider: z.string(), unlinked: z.number().int() }),
  "access_token.created": z.looseObject({
    user_id: UserId,
    access_token_id: z.uuid(),
    name: z.string(),
    scope: z.string(),
    project_ids: z.array(z.uuid()).nullable(),
  }),
  "access_token.revoked": z.looseObject({ user_id: UserId, access_token_id: z.uuid(), name: z.string() }),
  "registration_token.created": z.looseObject({}),
  "registration_token.revoked": z.looseObject({}),
  "access.denied": z.looseObject({ operation: z.string(), problem: z.string() }),
  "server.registered": named,
  "server.online": named,
  "server.offline": named,
  "server.connected": named,
  "server.disconnected": named,
  "server.key_created": named,
  "server.key_revoked": named,
  "server.updated": named.extend({ fields: z.array(z.string()) }),
  "server.draining": named,
  "server.drain_ended": named,
  "session.created": z.looseObject({ name: z.string(), agent: z.string(), resumes: SessionId.optional() }),
  "session.started": z.looseObject({ name: z.string() }),
  "session.status_changed": z.looseObject({ status: z.string() }),
  "session.marked_ready": z.looseObject({ name: z.string(), agent: z.string() }),
  "session.agent_status_changed": z.looseObject({ agent_status: z.string(), waiting: AgentWait.nullish() }),
  "session.token_revoked": named,
  "session.taken_over": z.object({ from: z.string(), to: z.string() }),
  "session.closed": z.looseObject({ exit_code: z.number().int().nullable() }),
  "session.error": z.looseObject({ error: z.string() }),
  "session.warned": z.object({ name: z.string(), text: z.string() }),
  "task.created": z.looseObject({ key: z.string(), title: z.string() }),
  "task.updated": z.object({ fields: z.array(z.string()) }),
  "task.assigned": move.extend({ server_id: ServerId, server_name: z.string(), by_matcher: z.boolean() }),
  "task.unassigned": move.extend({ reason: z.string() }),
  "task.session_chosen": z.looseObject({ session_id: SessionId }),
  "task.delivered": z.looseObject({ session_id: SessionId }),
  "task.unblocked": z.looseObject({ key: z.string() }),
  "task.started": move,
  "task.planning": move,
  "task.plan_submitted": move,
  "task.plan_approved": move,
  "task.plan_revised": move.extend({ feedback: z.string() }),
  "task.submitted": move,
  "task.completed": move.extend({ contract_status: z.string(), contracts: z.array(z.string()) }),
  "task.failed": move.extend({ error: z.string() }),
  "task.cancelled": move,
  "task.help_requested": move.extend({ intervention_id: z.string(), question: z.string() }),
  "task.resumed": move,
  "task.requeued": move.extend({ reason: z.string(), by: z.enum(["user", "reaper"]) }),
  "task.retried": move,
  "task.reopened": move,
  "task.upstream_reopened": z.looseObject({ key: z.string(), upstream_key: z.string(), blocked: z.boolean() }),
  "task.archived": z.looseObject({ key: z.string(), title: z.string() }),
  "task.unarchived": z.looseObject({ key: z.string(), title: z.string() }),
  "task.worker_lost": z.looseObject({ key: z.string(), title: z.string(), session_id: SessionId }),
  "task.worker_back": z.looseObject({ key: z.string(), title: z.string(), session_id: SessionId }),
  "task.contract_warning": z.object({ message: z.string() }),
  "task.upstream_failed": z.looseObject({ upstream_key: z.string() }),
  "task.placed": z.looseObject({ key: z.string(), parent_id: TaskId.nullable(), from_parent_id: TaskId.nullable() }),
  "task.order_changed": z.object({ key: z.string(), blockers: z.number().int() }),
  "task.worktree_prepared": z.looseObject({
    branch: z.string(),
    path: z.string(),
    setup: z.string().describe("none, not_allowed, done or failed"),
  }),
  "task.worktree_failed": z.looseObject({ error: z.string() }),
  "task.worktree_skipped": z.looseObject({ path: z.string().describe("The folder itself"), reason: z.string() }),
  "task.worktree_discarded": z.looseObject({
    branch: z.string(),
    forced: z.boolean(),
    merged: z.boolean().optional().describe("Nothing was lost: its branch was merged, and went with it"),
  }),
  "task.evidence_taken": z.looseObject({
    ok: z.boolean(),
    epoch: z.number().int().optional().describe("Which attempt it was taken of"),
    results: z.array(
      z.looseObject({
        command: z.string(),
        exit_code: z.number().int().nullable(),
        duration_ms: z.number().int(),
        timed_out: z.boolean(),
        output: z
          .object({ first: z.number().int(), last: z.number().int() })
          .optional()
          .describe("Which pieces of the task's output are what it printed, its own command line included"),
      }),
    ),
  }),
  "task.output_added": z.object({ stream: z.string(), seq: z.number().int(), bytes: z.number().int() }),
  "dependency.added": z.looseObject({ depends_on_task_id: TaskId, depends_on_key: z.string() }),
  "dependency.removed": z.looseObject({ depends_on_task_id: TaskId, depends_on_key: z.string() }),
  "note.added": z.looseObject({ content: z.string(), urgent: z.boolean() }),
  "intervention.raised": z.looseObject({ intervention_id: z.string(), question: z.string() }),
  "intervention.responded": z.looseObject({ intervention_id: z.string(), response: z.string() }),
  "intervention.expired": z.looseObject({ intervention_id: z.string(), response: z.string() }),
  "intervention.cancelled": z.looseObject({ intervention_id: z.string() }),
  "remote.executed": z.object({ session_name: z.string(), command: z.string() }),
  "remote.read": z.object({ session_name: z.string(), path: z.string() }),
  "file.offered": z.looseObject({
    transfer_id: z.string(),
    filename: z.string(),
    sender: z.string(),
    target: z.string(),
  }),
  "file.delivered": z.looseObject({ transfer_id: z.string(), filename: z.string(), target: z.string() }),
  "file.failed": z.looseObject({ transfer_id: z.string(), filename: z.string(), error: z.string() }),
  "approval_rule.created": z.looseObject({ rule_id: z.string(), name: z.string() }),
  "approval_rule.updated": z.looseObject({ rule_id: z.string(), name: z.string(), fields: z.array(z.string()) }),
  "approval_rule.deleted": z.looseObject({ rule_id: z.string(), name: z.string() }),
} as const satisfies Record<string, z.ZodType>;

export type ActivityType = keyof typeof ACTIVITY_DETAILS;
export const ActivityType = z.enum(Object.keys(ACTIVITY_DETAILS) as [ActivityType, ...ActivityType[]]);
export type ActivityDetails<T extends ActivityType> = z.input<(typeof ACTIVITY_DETAILS)[T]>;

/** One fact, as it is served and streamed. `position` is its place in the hub's public order: dense, never reused. */
export const Activity = z
  .object({
    position: z.number().int(),
    event_type: ActivityType,
    project_id: ProjectId.nullable(),
    task_id: TaskId.nullable(),
    session_id: SessionId.nullable(),
    server_id: ServerId.nullable(),
    actor: Actor,
    details: z.record(z.string(), z.unknown()),
    at: Moment,
  })
  .meta({ id: "Activity" });
export type Activity = z.infer<typeof Activity>;

export const ActivityFilter = z.object({
  after: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .describe("Facts behind this position, oldest first; without it the newest, newest first"),
  before: z.coerce.number().int().min(0).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  task: z.string().max(64).optional().describe("Id or key"),
  session_id: z.string().max(64).optional(),
  server_id: z.string().max(64).optional(),
  event_type: z
    .string()
    .max(1000)
    .optional()
    .describe("One or several with commas between them; task.* is everything that begins so"),
  actor: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe("Who did it: an id, or user, session, server, telegram or system"),
  since: z.iso.datetime({ offset: true }).optional().describe("At that moment or later"),
  until: z.iso.datetime({ offset: true }).optional().describe("Before that moment"),
});
