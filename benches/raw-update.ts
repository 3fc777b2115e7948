import pg from "pg";
import { drive } from "./measure.ts";

/** The baseline of every database figure: transactions of one UPDATE of one row, by primary key, prepared. */
export async function openRawUpdates(url: string, connections: number) {
  const pool = new pg.Pool({ connectionString: url, max: connections });
  // The server may be stopped before a connection has noticed that it was let go.
  pool.on("error", () => {});
  await pool.query("create schema if not exists bench");
  await pool.query(
    `create table if not exists bench.rows (id bigint primary key, body jsonb, updated_at timestamptz not null default now())`,
  );
  await pool.query(
    `insert into bench.rows (id, body) select n, '{"some": "text"}' from generate_series(0, 9999) n on conflict do nothing`,
  );
  await Promise.all(Array.from({ length: connections }, () => pool.query("select pg_sleep(0.02)")));
  const update = (n: number) =>
    pool.query({ name: "raw", text: "update bench.rows set updated_at = now() where id = $1", values: [n % 10_000] });
  return {
    update,
    measure: (count: number) => drive(count, connections, update),
    [Symbol.asyncDispose]: () => pool.end(),
  };
}
