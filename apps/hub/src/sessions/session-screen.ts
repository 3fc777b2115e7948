import { readAgentScreen, showsShellPrompt } from "@orchestratia/domain/agent-screen";
import type { AgentWait } from "@orchestratia/protocol/agent-wait";
import { launchAgent } from "./launch-agent.ts";
import type { LiveSession } from "./live-sessions.ts";
import type { SessionHub } from "./session-hub.ts";
import { agentStatusChanged, sessionEnded } from "./session-status.ts";

/** What is kept of a screen: enough for any terminal, and not what a daemon might send instead. */
const LINES_KEPT = 300;
const COLUMNS_KEPT = 500;

/**
 * A daemon shows what is on a terminal's screen. From one that does not say what its agents do, this is how the hub finds
 * out: it types the agent's command at the shell's prompt, waits for the agent's own, and takes nothing for it that is not.
 */
export async function screenChanged(hub: SessionHub, session: LiveSession, lines: readonly string[]): Promise<void> {
  session.screen = lines.slice(-LINES_KEPT).map((line) => line.slice(0, COLUMNS_KEPT));
  if (session.tellsStatus || session.agent === "shell") return;
  if (!session.launched) {
    if (showsShellPrompt(session.screen)) await launchAgent(hub, session);
    return;
  }
  const status = readAgentScreen(session.agent, session.screen);
  if (status !== "unknown" && status !== "exited") session.agentSeen = true;
  if (status === "exited" && session.startedByHub && !session.agentSeen) {
    return giveUp(hub, session, `${session.agent} did not start: ${lastWords(session.screen)}`);
  }
  await agentStatusChanged(hub, session, status);
  hub.sessions.typedTextShown(session);
}

/** Where a daemon says itself what its agent does, its word counts and not the screen. */
export async function statusReported(
  hub: SessionHub,
  session: LiveSession,
  status: LiveSession["agentStatus"],
  waiting: AgentWait | null = null,
): Promise<void> {
  session.tellsStatus = true;
  await agentStatusChanged(hub, session, status, waiting);
}

/** The screen was not seen for a while; what it said then may be over, and typing on its word could answer a question. */
export async function screenOutdated(hub: SessionHub, session: LiveSession): Promise<void> {
  if (session.tellsStatus || !session.launched) return;
  await agentStatusChanged(hub, session, "unknown");
  hub.connections.send(session.serverId, { type: "capture_scrollback", session_id: session.id });
}

async function giveUp(hub: SessionHub, session: LiveSession, error: string): Promise<void> {
  hub.connections.send(session.serverId, { type: "session_close", session_id: session.id });
  await sessionEnded(hub, session, { status: "error", error });
}

/** What the shell said before it waited again. */
const lastWords = (screen: readonly string[]): string =>
  screen
    .filter((line) => line.trim() !== "")
    .at(-2)
    ?.trim()
    .slice(0, 200) ?? "its shell is back";
