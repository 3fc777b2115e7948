import { z } from "zod";
import {
  Actor,
  InterventionId,
  InterventionStatus,
  InterventionType,
  Moment,
  PageQuery,
  ProjectId,
  SessionId,
  TaskId,
  Urgency,
} from "./vocabulary.ts";

export const RaisedBy = z.enum(["worker", "hub"]).meta({ id: "RaisedBy" });

/** Something that waits for an answer. */
export const Intervention = z
  .object({
    id: InterventionId,
    project_id: ProjectId,
    task_id: TaskId.nullable(),
    task_key: z.string().nullable(),
    task_title: z.string().nullable(),
    session_id: SessionId.nullable(),
    target_session_id: SessionId.nullable().describe("The session that it was put to, if it was to one"),
    raised_by: RaisedBy,
    intervention_type: InterventionType,
    status: InterventionStatus,
    question: z.string(),
    context: z.string().nullable(),
    options: z.array(z.string()),
    urgency: Urgency,
    cause: z.string().nullable().describe("What a question of the hub is about, such as `upstream_failed:<task id>`"),
    timeout_at: Moment.nullable().describe("When it expires; null waits for ever"),
    response: z.string().nullable(),
    responder: Actor.nullable(),
    created_at: Moment,
    responded_at: Moment.nullable(),
    delivery: z
      .enum(["queued", "delivered", "failed"])
      .nullable()
      .describe("Whether the answer has reached the session that asked; `failed` when the attempt was over before"),
  })
  .meta({ id: "Intervention" });
export type Intervention = z.infer<typeof Intervention>;

export const Answer = z.object({ response: z.string().min(1).max(20_000) }).meta({ id: "Answer" });
export const InterventionFilter = z.object({
  task_id: z.string().max(64).optional().describe("Only those of this task: key, id, or the beginning of the id"),
  status: InterventionStatus.optional(),
  intervention_type: InterventionType.optional(),
  raised_by: RaisedBy.optional(),
  session_id: z.uuid().optional().describe("Only those that this session raised"),
  urgency: Urgency.optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
});
export const InterventionPageQuery = InterventionFilter.extend(PageQuery.pick({ after: true }).shape);
