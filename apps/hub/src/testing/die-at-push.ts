import { Completion } from "@orchestratia/protocol/tasks";
import { completeTask } from "../tasks/complete-task.ts";
import { openTestEngine } from "./test-engine.ts";

/** A hub that dies, as by kill -9, at the moment when it pushes work to a daemon: the frame never leaves. */
const [url, given] = process.argv.slice(2);
const { server, a, session } = JSON.parse(String(given));
const hub = await openTestEngine(String(url));
await hub.loadSessions();
hub.connect(server, (frame) => {
  if (frame.type === "task_assigned") process.kill(process.pid, "SIGKILL");
});
await hub.engine.start();
await hub.sessionReports(session.id, "idle");
await completeTask(hub.engine, session, a, Completion.parse({ result: { summary: "done" } }));
