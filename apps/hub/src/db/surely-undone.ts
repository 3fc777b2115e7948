import pg from "pg";

const undone = new WeakSet<Error>();

/** Errors by which Postgres says that the connection ends: what it had been asked last may have been done. */
const CONNECTION_ENDS = /^(08...|57P0[12])$/;

/** The error ended a transaction that was never begun, or was rolled back for sure. */
export function markUndone(error: unknown): void {
  if (error instanceof Error) undone.add(error);
}

/** Something was done before the transaction that this error ended. */
export function markPartlyDone(error: unknown): void {
  if (error instanceof Error) undone.delete(error);
}

/** False also where nobody can say: the connection broke after the commit was sent. */
export const isSurelyUndone = (error: unknown): boolean => error instanceof Error && undone.has(error);

/** Postgres refused the statement; a broken connection leaves open whether it was carried out. */
export const isRefusedByPostgres = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && !CONNECTION_ENDS.test(error.code ?? "");
