import type { Sql } from "../db/transaction.ts";

/** What tells this hub from any other, for as long as its database lives. */
export async function readInstanceId(sql: Sql): Promise<string> {
  await sql.query("insert into hub.instance (one) values (true) on conflict do nothing");
  const [row] = await sql.query<{ instance_id: string }>("select instance_id from hub.instance");
  if (!row) throw new Error("hub.instance has no row");
  return row.instance_id;
}
