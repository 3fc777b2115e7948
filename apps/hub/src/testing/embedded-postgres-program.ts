/**
 * Starts a home's Postgres in a process of its own, says so in one line of JSON, and waits to be killed; stops it
 * when its input ends. `--as uid:gid` gives up root first, once everything is loaded that an ordinary user may not read.
 */
import { parseArgs } from "node:util";
import type { PostgresBinaries } from "../db/embedded-postgres/binaries.ts";
import { startEmbeddedPostgres } from "../db/embedded-postgres.ts";

const { values } = parseArgs({
  options: { home: { type: "string" }, binaries: { type: "string" }, as: { type: "string" } },
});

const [uid, gid] = values.as?.split(":").map(Number) ?? [];
if (uid !== undefined && gid !== undefined) {
  process.setgroups?.([]);
  process.setgid?.(gid);
  process.setuid?.(uid);
}

const server = await startEmbeddedPostgres({
  home: values.home ?? "",
  log: { info: console.error, warn: console.error },
  ...(values.binaries && { binaries: JSON.parse(values.binaries) as PostgresBinaries }),
});
const { url, adopted, pid, outsideFolder } = server;
console.log(JSON.stringify({ url, adopted, pid, outsideFolder }));

process.stdin.on("end", async () => {
  await server.stop();
  process.exit();
});
process.stdin.resume();
