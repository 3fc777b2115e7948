import type { Activity, ActivityType } from "@orchestratia/protocol/activity";

type Details = Activity["details"];
type Say = (details: Details) => string;

const text = (details: Details, name: string): string => {
  const value = details[name];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
};
const list = (details: Details, name: string): string => {
  const value = details[name];
  return Array.isArray(value) ? value.join(", ") : "";
};
/** `lead` and, where there is something, a colon and the rest. */
const tell = (lead: string, rest: string): string => (rest ? `${lead}: ${rest}` : lead);
const oneLine = (words: string, most = 140): string => {
  const line = words.replace(/\s+/g, " ").trim();
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
};

const sentences: Record<ActivityType, Say> = {
  "project.created": (details) => tell("created the project", text(details, "name")),
  "project.updated": () => "changed the project",
  "user.created": (details) => tell("created a user", text(details, "email")),
  "user.signed_in": () => "signed in",
  "user.sign_in_denied": (details) => tell("was refused at the sign-in", text(details, "email")),
  "registration_token.created": () => "made a registration token",
  "server.registered": (details) => tell("registered", text(details, "name")),
  "server.online": (details) => `${text(details, "name")} is online`,
  "server.offline": (details) => `${text(details, "name")} is offline`,
  "server.connected": (details) => `${text(details, "name")} connected`,
  "server.disconnected": (details) => `${text(details, "name")} disconnected`,
  "session.created": (details) => `opened session ${text(details, "name")} (${text(details, "agent")})`,
  "session.started": (details) => `started session ${text(details, "name")}`,
  "session.status_changed": (details) => `session is ${text(details, "status")}`,
  "session.agent_status_changed": (details) => `agent is ${text(details, "agent_status")}`,
  "session.closed": (details) => tell("closed the session", exitWords(details)),
  "session.error": (details) => tell("session did not start", oneLine(text(details, "error"))),
  "task.created": (details) => tell("created", text(details, "title")),
  "task.updated": (details) => tell("changed", list(details, "fields").replaceAll("_", " ")),
  "task.assigned": (details) => `assigned to ${text(details, "server_name")}`,
  "task.unassigned": (details) => tell("unassigned", text(details, "reason")),
  "task.session_chosen": () => "chose a session",
  "task.delivered": () => "delivered the work to the session",
  "task.unblocked": () => "unblocked: everything it waited for is there",
  "task.started": () => "started",
  "task.planning": () => "started to plan",
  "task.plan_submitted": () => "submitted a plan",
  "task.plan_approved": () => "approved the plan",
  "task.plan_revised": (details) => tell("asked for another plan", oneLine(text(details, "feedback"))),
  "task.submitted": () => "submitted the result for review",
  "task.completed": (details) => tell("completed", contractWords(details)),
  "task.failed": (details) => tell("failed", oneLine(text(details, "error"))),
  "task.cancelled": () => "cancelled",
  "task.help_requested": (details) => tell("asked for help", oneLine(text(details, "question"))),
  "task.resumed": () => "went on",
  "task.contract_warning": (details) => tell("warning", text(details, "message")),
  "task.upstream_failed": (details) => `${text(details, "upstream_key")}, which this waits for, did not succeed`,
  "dependency.added": (details) => `waits for ${text(details, "depends_on_key")}`,
  "dependency.removed": (details) => `no longer waits for ${text(details, "depends_on_key")}`,
  "note.added": (details) => tell(details.urgent ? "urgent note" : "note", oneLine(text(details, "content"))),
  "intervention.raised": (details) => tell("needs an answer", oneLine(text(details, "question"))),
  "intervention.responded": (details) => tell("answered", oneLine(text(details, "response"))),
  "intervention.cancelled": () => "the question was withdrawn",
};

const exitWords = (details: Details): string =>
  text(details, "exit_code") ? `exit code ${text(details, "exit_code")}` : "";
const contractWords = (details: Details): string =>
  list(details, "contracts") ? `delivered ${list(details, "contracts")}` : "";

/** A fact in a few words. A kind this page does not know yet is shown by its name. */
export function activitySentence({ event_type, details }: Pick<Activity, "event_type" | "details">): string {
  const say = sentences[event_type] as Say | undefined;
  return say ? say(details) : event_type.replaceAll(/[._]/g, " ");
}
