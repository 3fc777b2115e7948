import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { PrismaClient } from "./generated/client.ts";
import { type Sql, sqlOf } from "./transaction.ts";

/** The hub's connections: Prisma for ordinary reads and writes, SQL where every microsecond counts, one pool below. */
export interface Database extends AsyncDisposable {
  readonly prisma: PrismaClient;
  readonly pool: pg.Pool;
  readonly sql: Sql;
  /** Opens a connection and runs a first query through Prisma, which compiles its engine then (about 100 ms). */
  warm(): Promise<void>;
}

export interface DatabaseOptions {
  maxConnections?: number;
  /** Told of idle connections that broke; the pool replaces them by itself. */
  onConnectionError?: (error: Error) => void;
}

const INT8_OID = 20;
const INT8_ARRAY_OID: number = 1016;

function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} does not fit in a JavaScript number`);
  return value;
}

const parseInt8Array = (text: string): (number | null)[] =>
  (pg.types.getTypeParser(INT8_ARRAY_OID)(text) as (string | null)[]).map((item) =>
    item === null ? null : parseInt8(item),
  );

/** bigint as number: ours are counters and positions, far below 2^53. Set per pool, as Prisma brings its own. */
const types: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: "text" | "binary") {
    if (oid === INT8_OID) return parseInt8;
    if (oid === INT8_ARRAY_OID) return parseInt8Array;
    return pg.types.getTypeParser(oid, format as "text");
  },
};

/**
 * Without a listener a connection that breaks ends the process, at any moment of its life: idle, lent, or on its way from
 * one to the other. Whoever waits for an answer on it is told by the query.
 */
export function listenForErrors(pool: pg.Pool, onIdleError: (error: Error) => void = () => {}): void {
  pool.on("error", onIdleError);
  pool.on("connect", (client) => client.on("error", () => {}));
}

export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.maxConnections ?? 10,
    application_name: "orchestratia-hub",
    types,
  });
  listenForErrors(pool, options.onConnectionError);
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  return {
    prisma,
    pool,
    sql: sqlOf(pool),
    async warm() {
      await prisma.$queryRaw`select 1`;
    },
    async [Symbol.asyncDispose]() {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}
