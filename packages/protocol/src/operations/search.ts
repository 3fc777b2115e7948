import { z } from "zod";
import { operation } from "../operation.ts";
import { SearchText, TaskFilter } from "../task-filter.ts";
import { TaskSummary } from "../tasks.ts";
import { ProjectRef } from "../vocabulary.ts";

const SearchQuery = TaskFilter.extend({
  q: SearchText,
  limit: z.coerce.number().int().min(1).max(100).default(20),
  after: z.string().max(200).optional().describe("The `next` of the page before"),
});

/** What was found, the best first. */
export const SearchResult = z
  .object({
    hits: z.array(
      z.object({
        task: TaskSummary,
        rank: z.number().describe("Higher is better; comparable within one answer"),
        snippet: z
          .array(z.object({ text: z.string(), match: z.boolean() }))
          .describe("A piece of the spec, the notes or the result, in parts: those with match are what was asked for"),
      }),
    ),
    similar: z.boolean().describe("Nothing has the words: these have a key, title or label that looks like them"),
    next: z.string().nullable(),
  })
  .meta({ id: "SearchResult" });
export type SearchResult = z.infer<typeof SearchResult>;

export const searchTasks = operation({
  id: "searchTasks",
  door: "people",
  access: "viewer",
  tag: "tasks",
  method: "GET",
  path: "/api/v1/projects/:project/search",
  summary: "Find tasks by key, title, labels, spec, notes and results",
  params: z.object({ project: ProjectRef }),
  query: SearchQuery,
  response: SearchResult,
  problems: ["project_not_found", "task_not_found", "task_ambiguous"],
});

export const agentSearchTasks = operation({
  id: "agentSearchTasks",
  door: "agents",
  access: "worker",
  tag: "agent tasks",
  method: "GET",
  path: "/api/v1/server/search",
  summary: "Find tasks by key, title, labels, spec, notes and results",
  query: SearchQuery,
  response: SearchResult,
  problems: ["task_not_found", "task_ambiguous"],
});
