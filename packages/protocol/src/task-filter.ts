import { TASK_PRIORITIES, TASK_STATUSES, TASK_TYPES } from "@orchestratia/domain/task-lifecycle";
import { z } from "zod";
import { PageQuery, TaskRef } from "./vocabulary.ts";
import { textList, wordList } from "./word-list.ts";

export const SearchText = z
  .string()
  .trim()
  .min(1)
  .max(400)
  .describe('Words, "a phrase", -without, this or that; the last word may be half typed');

/** What narrows a list of tasks down; all that is given must hold. */
export const TaskFilter = z.object({
  status: wordList(TASK_STATUSES).optional().describe("One or several, with commas between them"),
  type: wordList(TASK_TYPES).optional().describe("One or several, with commas between them"),
  priority: wordList(TASK_PRIORITIES).optional().describe("One or several, with commas between them"),
  label: textList(60).optional().describe("Has all of these: give the name again for each"),
  server: z.string().min(1).max(200).optional().describe("Id or name of the server that it is assigned to"),
  session: z.string().min(1).max(200).optional().describe("Id or name of the session that it is assigned to"),
  parent: TaskRef.optional().describe("Id or key of the parent; none for those without one"),
  blocked: z.stringbool().optional().describe("Whether a gating dependency is unresolved"),
  blocked_by_failed: z.stringbool().optional().describe("Whether something upstream failed or was cancelled"),
  archived: z
    .enum(["false", "true", "any"])
    .default("false")
    .describe("Archived tasks are left out, unless they are asked for"),
  created_by: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe("Who made it: an id, or user, session, server, telegram or system"),
  updated_since: z.iso.datetime({ offset: true }).optional().describe("Changed at that moment or later"),
});
export type TaskFilter = z.output<typeof TaskFilter>;

export const TASK_ORDERS = ["newest", "oldest", "priority", "updated"] as const;

export const TaskListQuery = PageQuery.extend(TaskFilter.shape).extend({
  q: SearchText.optional(),
  sort: z
    .enum(TASK_ORDERS)
    .default("newest")
    .describe("priority: the most urgent first, then the oldest; updated: changed last first"),
});
