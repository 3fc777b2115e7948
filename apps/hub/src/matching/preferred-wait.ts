/** Until when a tasks row `t` that could be placed waits for the server it prefers; null when it does not. As SQL. */
export const WAITS_UNTIL = `greatest(t.eligible_at, t.waits_since)
  + (t.requirements ->> 'waitForPreferredMs')::float8 * interval '1 millisecond'`;
