import { z } from "zod";
import { NewDependency, NewTask, Task } from "./tasks.ts";

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
    ...NewTask.omit({
      parent_id: true,
      dependencies: true,
      dependency_ids: true,
      session_id: true,
      project_id: true,
    }).shape,
    id: z.string().min(1).max(64).optional().describe("A name for use within this file"),
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

export const Pipeline = z
  .object({
    pipeline: z.string().nullable(),
    tasks_created: z.number().int(),
    id_map: z.record(z.string(), z.string()).describe("The file's id → the task's id"),
    tasks: z.array(Task).describe("Empty in a dry run"),
    dry_run: z.boolean(),
    warnings: z.array(z.string()).describe("What was accepted but looks wrong"),
  })
  .meta({ id: "Pipeline" });
export type Pipeline = z.infer<typeof Pipeline>;
