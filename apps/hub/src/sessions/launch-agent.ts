import type { LiveSession } from "./live-sessions.ts";
import type { SessionHub } from "./session-hub.ts";
import { typeIntoSession } from "./type-into-session.ts";

/** Names of programs, and nothing that a shell would take apart. */
const COMMAND = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

const LAUNCHED = {
  name: "session_launched",
  text: `update sessions set launched_at = now() where id = $1 and launched_at is null
    and status in ('starting', 'active', 'disconnected', 'lost') returning id`,
};

/** Types the agent's command into the shell that a version 1 daemon has opened; once, whatever comes of it. */
export async function launchAgent(hub: SessionHub, session: LiveSession): Promise<void> {
  if (session.status !== "active" || !COMMAND.test(session.agent)) return;
  const [first] = await hub.database.sql.query(LAUNCHED, [session.id]);
  session.launched = true;
  if (first) typeIntoSession(hub, session, Buffer.from(`${session.agent}\r`));
}
