import type { Conditions } from "../db/conditions.ts";
import { isAlike, readQuery, searchValues, tsQuery } from "./search-query.ts";

/**
 * Adds that a tasks row `t` has the words, or, where no task of the project has them, that its name is like them. The
 * statement's first parameter is the project.
 */
export function addSearchCondition(where: Conditions, text: string): void {
  const query = readQuery(text);
  const first = where.values.length + 1;
  for (const value of searchValues(query)) where.parameter(value);
  const found = `select s.task_id from engine.task_search s where s.project_id = $1 and s.document @@ ${tsQuery(first)}`;
  if (query.name === null) {
    where.add(`t.id in (${found})`);
    return;
  }
  const name = where.values.length + 1;
  where.parameter(query.name);
  const alike = `select s.task_id from engine.task_search s where s.project_id = $1 and ${isAlike(name)}`;
  where.add(`t.id in (${found}) or not exists (${found}) and t.id in (${alike})`);
}
