import { z } from "zod";
import { Moment } from "./vocabulary.ts";

/** Characters that one call may append. */
export const OUTPUT_CHUNK_MAX = 256 * 1024;

export const OutputStream = z
  .enum(["stdout", "stderr", "tail"])
  .describe("What a program printed, or the end of what its session showed when the task settled")
  .meta({ id: "OutputStream" });

/** One piece of a task's output. */
export const TaskOutput = z
  .object({
    seq: z.number().int().describe("Counts the task's pieces from 1, in the order in which they came"),
    stream: OutputStream,
    content: z.string(),
    epoch: z.number().int().describe("The task's epoch when it was printed: which attempt it is of"),
    created_at: Moment,
  })
  .meta({ id: "TaskOutput" });
export type TaskOutput = z.infer<typeof TaskOutput>;

export const NewTaskOutput = z
  .object({
    stream: OutputStream.exclude(["tail"]),
    content: z.string().min(1).max(OUTPUT_CHUNK_MAX),
  })
  .meta({ id: "NewTaskOutput" });
export type NewTaskOutput = z.infer<typeof NewTaskOutput>;
