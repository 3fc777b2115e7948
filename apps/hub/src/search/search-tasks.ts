import type { SearchResult } from "@orchestratia/protocol/operations/search";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import { z } from "zod";
import { Conditions } from "../db/conditions.ts";
import { encodeCursor, readCursor } from "../db/keyset-cursor.ts";
import { type TaskSources, toSummaries } from "../tasks/queries.ts";
import { addTaskConditions, type ResolvedTaskFilter } from "../tasks/task-conditions.ts";
import { SELECT_SUMMARIES, type SummaryRow } from "../tasks/task-select.ts";
import { isAlike, likeness, readQuery, type SearchQuery, searchValues, tsQuery } from "./search-query.ts";
import { readSnippet, SNIPPET } from "./snippet.ts";

export interface SearchPage extends ResolvedTaskFilter {
  q: string;
  limit: number;
  /** The `next` of the page before. */
  after?: string | undefined;
}

/** How the page before found its tasks, and where it ended. */
const End = z.tuple([z.enum(["words", "similar"]), z.number(), z.number().int().min(0).max(2_147_483_647)]);
type End = z.infer<typeof End>;

interface Found {
  task_id: string;
  rank: number;
  number: number;
}

/** A task that is asked for by its own key comes before all others. */
const OWN_KEY = 10;

/**
 * The tasks that have the words, the best first; where none has them, those whose key, title or labels look like them.
 * Throws invalid_request for a made-up `after`, and for nothing else.
 */
export async function searchTasks(
  sources: TaskSources,
  projectId: ProjectId,
  { q, limit, after, ...filter }: SearchPage,
): Promise<SearchResult> {
  const query = readQuery(q);
  const end = after === undefined ? undefined : readCursor(after, End);
  const find = (way: End[0]) => findTasks(sources, projectId, { query, way, end, limit, filter });
  let way = end?.[0] ?? "words";
  let found = await find(way);
  if (found.length === 0 && end === undefined && query.name !== null) {
    way = "similar";
    found = await find(way);
  }
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    hits: await hitsOf(sources, query, page),
    similar: way === "similar",
    next: found.length > limit && last ? encodeCursor([way, last.rank, last.number] satisfies End) : null,
  };
}

interface Search {
  query: SearchQuery;
  way: End[0];
  end: End | undefined;
  limit: number;
  filter: ResolvedTaskFilter;
}

function findTasks(sources: TaskSources, projectId: ProjectId, search: Search): Promise<Found[]> {
  const { query, way, end, limit, filter } = search;
  const where = new Conditions(projectId, limit + 1, query.name ?? "");
  let rank = likeness(3);
  if (way === "similar") where.add(isAlike(3));
  else {
    const asked = tsQuery(where.values.length + 1);
    for (const value of searchValues(query)) where.parameter(value);
    rank = `ts_rank(s.document, ${asked}) + case when t.key = upper($3) then ${OWN_KEY} else 0 end`;
    where.add(`s.document @@ ${asked}`);
  }
  addTaskConditions(where, filter);
  const behind =
    end === undefined
      ? ""
      : `where (rank, number) < (${where.parameter(end[1])}::float8, ${where.parameter(end[2])}::int)`;
  return sources.database.sql.query<Found>(
    `select * from (
       select s.task_id, t.number, (${rank})::float8 as rank
       from engine.task_search s join tasks t on t.id = s.task_id
       where s.project_id = $1${where}
     ) as found ${behind} order by rank desc, number desc limit $2`,
    where.values,
  );
}

const ROWS = {
  name: "found_tasks",
  text: `${SELECT_SUMMARIES} where t.id = any($1::uuid[]) order by array_position($1::uuid[], t.id)`,
};

async function hitsOf(sources: TaskSources, query: SearchQuery, found: Found[]): Promise<SearchResult["hits"]> {
  if (found.length === 0) return [];
  const ids = found.map(({ task_id }) => task_id);
  const { sql } = sources.database;
  const tasks = await toSummaries(sources, await sql.query<SummaryRow>(ROWS, [ids]));
  const snippets = await sql.query<{ id: string; snippet: string }>(SNIPPET, [ids, ...searchValues(query)]);
  const snippetOf = new Map(snippets.map(({ id, snippet }) => [id, snippet]));
  const rankOf = new Map(found.map(({ task_id, rank }) => [task_id, rank]));
  return tasks.map((task) => ({
    task,
    rank: rankOf.get(task.id) ?? 0,
    snippet: readSnippet(snippetOf.get(task.id) ?? ""),
  }));
}
