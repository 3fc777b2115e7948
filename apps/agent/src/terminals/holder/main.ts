/**
 * The pty holder's process. The daemon starts it in a session of its own and hands it the launch on stdin (it holds the
 * session's token, which must not be in an argument list); one line on stdout says whether the program runs.
 */
import { writeSync } from "node:fs";
import { text } from "node:stream/consumers";
import { Holder, type Launch } from "./holder.ts";

const answer = (message: object): void => {
  try {
    writeSync(1, `${JSON.stringify(message)}\n`);
  } catch {
    // The daemon that started us is gone; the next one finds the session's folder.
  }
};

// The terminal's life does not depend on who started it.
for (const signal of ["SIGHUP", "SIGINT", "SIGPIPE"] as const) process.on(signal, () => {});

try {
  const launch = JSON.parse(await text(process.stdin)) as Launch;
  process.chdir("/");
  process.title = `orchestratia-holder ${launch.record.id}`;
  const holder = new Holder(launch);
  process.on("SIGTERM", () => holder.close());
  // Without its holder nobody could reach the program any more, or end it.
  process.on("uncaughtException", (error) => {
    holder.kill();
    answer({ error: error.message });
    process.exit(1);
  });
  await holder.open();
  answer({ pid: holder.pid });
  await holder.ended();
  process.exit(0);
} catch (error) {
  answer({ error: error instanceof Error ? error.message : String(error) });
  process.exit(1);
}
