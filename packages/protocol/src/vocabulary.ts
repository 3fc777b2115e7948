import { TASK_PRIORITIES, TASK_STATUSES, TASK_TYPES } from "@orchestratia/domain/task-lifecycle";
import * as words from "@orchestratia/domain/vocabulary";
import { z } from "zod";

export const ProjectId = z.uuid().brand<"ProjectId">().meta({ id: "ProjectId" });
export type ProjectId = z.infer<typeof ProjectId>;
export const ServerId = z.uuid().brand<"ServerId">().meta({ id: "ServerId" });
export type ServerId = z.infer<typeof ServerId>;
export const SessionId = z.uuid().brand<"SessionId">().meta({ id: "SessionId" });
export type SessionId = z.infer<typeof SessionId>;
export const TaskId = z.uuid().brand<"TaskId">().meta({ id: "TaskId" });
export type TaskId = z.infer<typeof TaskId>;
export const InterventionId = z.uuid().brand<"InterventionId">().meta({ id: "InterventionId" });
export type InterventionId = z.infer<typeof InterventionId>;
export const UserId = z.uuid().brand<"UserId">().meta({ id: "UserId" });
export type UserId = z.infer<typeof UserId>;

export const TaskStatus = z.enum(TASK_STATUSES).meta({ id: "TaskStatus" });
export const TaskType = z.enum(TASK_TYPES).meta({ id: "TaskType" });
export const TaskPriority = z.enum(TASK_PRIORITIES).meta({ id: "TaskPriority" });
export const SessionStatus = z.enum(words.SESSION_STATUSES).meta({ id: "SessionStatus" });
export const AgentStatus = z.enum(words.AGENT_STATUSES).meta({ id: "AgentStatus" });
export const SessionRole = z.enum(words.SESSION_ROLES).meta({ id: "SessionRole" });
export const ServerStatus = z.enum(words.SERVER_STATUSES).meta({ id: "ServerStatus" });
export const InterventionType = z.enum(words.INTERVENTION_TYPES).meta({ id: "InterventionType" });
export const InterventionStatus = z.enum(words.INTERVENTION_STATUSES).meta({ id: "InterventionStatus" });
export const Urgency = z.enum(words.URGENCIES).meta({ id: "Urgency" });
export const ContractStatus = z.enum(words.CONTRACT_STATUSES).meta({ id: "ContractStatus" });
export const ProjectRole = z.enum(words.PROJECT_ROLES).meta({ id: "ProjectRole" });
export type ProjectRole = z.infer<typeof ProjectRole>;
export const GlobalRole = z.enum(words.GLOBAL_ROLES).meta({ id: "GlobalRole" });

/** A moment, ISO 8601 in UTC. */
export const Moment = z.iso.datetime().describe("ISO 8601, UTC");

/** Who did something; `name` is what a person reads. */
export const Actor = z
  .object({ type: z.enum(words.ACTOR_TYPES), id: z.string().nullable(), name: z.string() })
  .meta({ id: "Actor" });
export type Actor = z.infer<typeof Actor>;

/** A task's id, its key (`DEMO-3`), or the first four or more characters of its id. */
export const TaskRef = z.string().min(1).max(64).describe("Id, key (DEMO-3) or a prefix of the id of 4+ characters");
/** A project's id or its key (`DEMO`). */
export const ProjectRef = z.string().min(1).max(64).describe("Id or key of the project");

/** Page size and cursor of a list. */
export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).optional(),
  after: z.string().max(200).optional().describe("The `next` of the page before"),
});
