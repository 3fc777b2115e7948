import { Problem } from "@orchestratia/protocol/problems";
import type { Dependency } from "@orchestratia/protocol/tasks";
import type { Sql } from "../db/transaction.ts";

const BY_ID = {
  name: "dependency_by_id",
  text: `select d.id, d.depends_on_task_id, u.key as depends_on_key, u.title as depends_on_title,
      u.status::text as depends_on_status, d.dependency_type, d.contract_key, d.alias, d.resolved
    from task_dependencies d join tasks u on u.id = d.depends_on_task_id where d.id = $1`,
};

/** Throws dependency_not_found. */
export async function getDependency(sql: Sql, id: string): Promise<Dependency> {
  const [dependency] = await sql.query<Dependency>(BY_ID, [id]);
  if (!dependency) throw new Problem("dependency_not_found");
  return dependency;
}
