import { z } from "zod";
import {
  Actor,
  InterventionId,
  InterventionStatus,
  InterventionType,
  Moment,
  ProjectId,
  SessionId,
  TaskId,
  Urgency,
} from "./vocabulary.ts";

/** Something that waits for an answer. */
export const Intervention = z
  .object({
    id: InterventionId,
    project_id: ProjectId,
    task_id: TaskId.nullable(),
    task_key: z.string().nullable(),
    task_title: z.string().nullable(),
    session_id: SessionId.nullable(),
    raised_by: z.enum(["worker", "hub"]),
    intervention_type: InterventionType,
    status: InterventionStatus,
    question: z.string(),
    context: z.string().nullable(),
    options: z.array(z.string()),
    urgency: Urgency,
    timeout_at: Moment.nullable(),
    response: z.string().nullable(),
    responder: Actor.nullable(),
    created_at: Moment,
    responded_at: Moment.nullable(),
  })
  .meta({ id: "Intervention" });
export type Intervention = z.infer<typeof Intervention>;

export const Answer = z.object({ response: z.string().min(1).max(20_000) }).meta({ id: "Answer" });
export const InterventionFilter = z.object({
  task_id: z.string().max(64).optional(),
  status: InterventionStatus.optional(),
});
