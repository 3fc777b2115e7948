import type { TestHub } from "./test-hub.ts";

/**
 * Every row, by table, but of what only says that somebody was here: equal while nothing has changed. `mentioning`: only
 * rows that hold one of these ids.
 */
export async function everyRow(
  { hub, database: { sql } }: TestHub,
  mentioning: readonly string[] = [""],
): Promise<Record<string, string>> {
  // What follows from facts, such as the search index, is written behind them.
  await hub.sequencer.settled();
  await hub.engine.settled();
  const tables = await sql.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname in ('public', 'hub', 'engine') order by 1`,
  );
  const state: Record<string, string> = {};
  for (const { name } of tables) {
    const [row] = await sql.query<{ state: string }>(
      `select count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as state from (
         select to_jsonb(r) - 'last_used_at' - 'last_heartbeat' - 'position' as t from ${name} r) t
       where coalesce(t->>'event_type', '') <> 'access.denied' and t::text like any($1)`,
      [mentioning.map((id) => `%${id}%`)],
    );
    state[name] = row?.state ?? "";
  }
  return state;
}
