import type { UserId } from "@orchestratia/protocol/vocabulary";
import { pino } from "pino";
import { expect, test } from "vitest";
import { openDatabase } from "../db/database.ts";
import type { Sql } from "../db/transaction.ts";
import { ServerConnections } from "../server-link/connections.ts";
import { LiveSessions } from "../sessions/live-sessions.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { until } from "../testing/until.ts";
import { Audiences } from "./audiences.ts";
import { Viewer } from "./viewer.ts";
import type { ViewerConnection } from "./viewer-connection.ts";

test("a right that is taken away while a topic is being opened on it opens nothing", async () => {
  await using db = await createTestDatabase();
  await using database = openDatabase(db.url);
  const { sql } = database;
  const [project] = await sql.query<{ id: string }>("insert into projects (key, name) values ('P', 'P') returning id");
  const [user] = await sql.query<{ id: UserId }>(
    "insert into admin_users (email, name, role) values ('ada@example.org', 'Ada', 'viewer') returning id",
  );
  if (!project || !user) throw new Error("no row");
  await sql.query("insert into project_members (project_id, user_id, role) values ($1, $2, 'member')", [
    project.id,
    user.id,
  ]);

  // The database's first answer is read and then late.
  let late: (() => void) | undefined;
  const slow: Sql = {
    async query<Row>(...asked: Parameters<Sql["query"]>): Promise<Row[]> {
      const rows = await sql.query<Row>(...asked);
      if (!late) await new Promise<void>((resolve) => (late = resolve));
      return rows;
    },
  };
  const log = pino({ level: "silent" });
  const hub = {
    database: { ...database, sql: slow },
    connections: new ServerConnections(),
    sessions: new LiveSessions(),
    events: { wake() {} },
    forget() {},
    log,
  };
  const sent: unknown[] = [];
  const connection: Pick<ViewerConnection, "caller" | "denied" | "send" | "sendText"> = {
    denied() {},
    caller: { kind: "user", id: user.id, name: "Ada", email: "ada@example.org", role: "viewer" },
    send: (frame) => sent.push(frame),
    sendText: (text) => sent.push(JSON.parse(text)),
  };
  const viewer = new Viewer({ hub, audiences: new Audiences(), position: () => 0 }, connection as ViewerConnection);
  const topic = `project:${project.id}`;
  viewer.receive({ type: "subscribe", topic });
  await until(() => late !== undefined);
  await sql.query("delete from project_members");
  await viewer.checkAccess();
  late?.();
  await until(() => sent.length > 0);
  expect(sent).toMatchObject([{ type: "problem", problem: { topic, status: 404 } }]);
});
