import { LIVE_SESSION_STATUSES } from "@orchestratia/domain/vocabulary";
import type { Session } from "@orchestratia/protocol/sessions";
import type { StateTone } from "../../ui/state-dot.tsx";

export const isLive = ({ status }: Pick<Session, "status">): boolean =>
  (LIVE_SESSION_STATUSES as readonly string[]).includes(status);

const agentWords: Record<Session["agent_status"], { tone: StateTone; word: string }> = {
  working: { tone: "busy", word: "Working" },
  waiting: { tone: "attention", word: "Waiting for a person" },
  idle: { tone: "good", word: "Idle" },
  exited: { tone: "off", word: "Agent exited" },
  unknown: { tone: "good", word: "Active" },
};

const waitingWords: Record<NonNullable<Session["waiting"]>["for"], string> = {
  permission: "Asks for permission",
  question: "Asks a question",
  login: "Has to be signed in",
  usage_limit: "At its usage limit",
};

/** Those that keep their conversations. */
const RESUMABLE_AGENTS = ["claude", "codex", "gemini", "opencode"];

/** It has ended, and another session's agent can go on with its conversation. */
export const isResumable = ({ status, agent }: Pick<Session, "status" | "agent">): boolean =>
  status === "closed" && RESUMABLE_AGENTS.includes(agent);

const exitWords = (code: number | null) => (code === null ? "Closed" : `Closed, exit code ${code}`);

/** What a session is doing, in one mark and a few words. */
export function sessionState(session: Pick<Session, "status" | "agent_status" | "exit_code" | "waiting">): {
  tone: StateTone;
  word: string;
} {
  switch (session.status) {
    case "starting":
      return { tone: "busy", word: "Starting" };
    case "active":
      return session.waiting
        ? { tone: "attention", word: waitingWords[session.waiting.for] }
        : agentWords[session.agent_status];
    case "disconnected":
      return { tone: "attention", word: "Server unreachable" };
    case "lost":
      return { tone: "attention", word: "Lost" };
    case "closed":
      return { tone: session.exit_code ? "bad" : "off", word: exitWords(session.exit_code) };
    case "error":
      return { tone: "bad", word: "Did not start" };
  }
}
