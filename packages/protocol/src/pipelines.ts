import { z } from "zod";
import { NewDependency, NewTaskFields, Task } from "./tasks.ts";
import { ServerId } from "./vocabulary.ts";

const Ref = z
  .union([z.string().min(1).max(64), z.number().int().min(0)])
  .describe("An `id` of this file, an index in it, or an existing task");

const DependsOn = z.strictObject({
  ...NewDependency.omit({ depends_on_task_id: true }).shape,
  task: Ref,
});

/** One task of a pipeline file; it may refer forward. A member that nobody would read is refused, not passed over. */
export const PipelineTask = z
  .strictObject({
    ...NewTaskFields.omit({
      parent_id: true,
      after: true,
      before: true,
      place: true,
      dependencies: true,
      dependency_ids: true,
      session_id: true,
      project_id: true,
    }).shape,
    id: z.string().min(1).max(64).optional().describe("A name for use within this file"),
    parent: Ref.nullish().describe("The parent: its children stand in the order of the file, after those it has"),
    depends_on: z
      .array(z.union([Ref, DependsOn]))
      .max(200)
      .default([]),
    repo: z.string().max(500).nullish().describe("Same as target_repo"),
    branch: z.string().max(500).nullish().describe("Same as target_branch"),
    assign: z.string().min(1).max(200).nullish().describe("A session's name"),
  })
  .meta({ id: "PipelineTask" });
export type PipelineTask = z.infer<typeof PipelineTask>;

export const NewPipeline = z
  .strictObject({
    name: z.string().max(200).optional(),
    tasks: z.array(PipelineTask).min(1).max(500),
    dry_run: z.boolean().default(false).describe("Say what would be made, make nothing"),
  })
  .meta({ id: "NewPipeline" });
export type NewPipeline = z.infer<typeof NewPipeline>;

export const PipelineQuery = z.object({
  dry_run: z.enum(["true", "false"]).optional().describe("Instead of the file's own `dry_run`"),
});
export type PipelineQuery = z.infer<typeof PipelineQuery>;

/** Where a task of a dry run would go, were it made now. */
export const PipelinePlacement = z
  .object({
    index: z.number().int().describe("Of the task in the file, from 0"),
    id: z.string().nullable().describe("What the file calls it"),
    title: z.string(),
    blocked: z.boolean().describe("It would wait for others first; the server is the one it would go to if it did not"),
    server_id: ServerId.nullable(),
    server_name: z.string().nullable(),
    reason: z.string().nullable().describe("Why it would go to no server; null when it would"),
  })
  .meta({ id: "PipelinePlacement" });
export type PipelinePlacement = z.infer<typeof PipelinePlacement>;

export const Pipeline = z
  .object({
    pipeline: z.string().nullable(),
    tasks_created: z.number().int(),
    id_map: z.record(z.string(), z.string()).describe("The file's id → the task's id"),
    tasks: z.array(Task).describe("Empty in a dry run"),
    dry_run: z.boolean(),
    placements: z.array(PipelinePlacement).default([]).describe("In a dry run: where each task would go"),
    warnings: z.array(z.string()).describe("What was accepted but looks wrong"),
  })
  .meta({ id: "Pipeline" });
export type Pipeline = z.infer<typeof Pipeline>;
