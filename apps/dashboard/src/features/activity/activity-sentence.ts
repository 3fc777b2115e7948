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
  "project.member_added": (details) => `gave ${text(details, "name")} the role ${text(details, "role")}`,
  "project.member_changed": (details) =>
    `made ${text(details, "name")} ${text(details, "role")} instead of ${text(details, "from")}`,
  "project.member_removed": (details) => `took ${text(details, "name")} out of the project`,
  "invitation.created": (details) => tell("made an invitation", text(details, "email")),
  "invitation.revoked": () => "revoked an invitation",
  "invitation.accepted": (details) => tell("accepted an invitation", text(details, "email")),
  "password_reset.created": (details) => `made a link to reset the password of ${text(details, "email")}`,
  "password_reset.used": () => "set a new password by an admin's link",
  "user.created": (details) => tell("created a user", text(details, "email")),
  "user.signed_in": (details) =>
    text(details, "provider") ? `signed in with ${text(details, "provider")}` : "signed in",
  "user.sign_in_denied": (details) => tell("was refused at the sign-in", text(details, "email")),
  "user.signed_out": () => "signed out",
  "user.sign_in_revoked": (details) => `ended a sign-in of ${text(details, "email")}`,
  "user.updated": (details) => `changed the account of ${text(details, "email")}`,
  "user.role_changed": (details) =>
    `made ${text(details, "email")} ${text(details, "role")} instead of ${text(details, "from")}`,
  "user.deactivated": (details) => `deactivated ${text(details, "email")}`,
  "user.reactivated": (details) => `reactivated ${text(details, "email")}`,
  "user.password_changed": () => "changed their password",
  "access_token.created": (details) => tell("made an access token", text(details, "name")),
  "access_token.revoked": (details) => tell("revoked an access token", text(details, "name")),
  "user.identity_linked": (details) => `linked an account of ${text(details, "provider")}`,
  "user.identity_unlinked": (details) => `unlinked an account of ${text(details, "provider")}`,
  "oauth_provider.created": (details) => `set up signing in with ${text(details, "provider")}`,
  "oauth_provider.updated": (details) => `changed signing in with ${text(details, "provider")}`,
  "oauth_provider.deleted": (details) => `removed signing in with ${text(details, "provider")}`,
  "registration_token.created": () => "made a registration token",
  "registration_token.revoked": () => "revoked a registration token",
  "access.denied": (details) => tell("was refused", text(details, "operation")),
  "server.key_created": (details) => `made a new key for ${text(details, "name")}`,
  "server.key_revoked": (details) => `revoked a key of ${text(details, "name")}`,
  "server.registered": (details) => tell("registered", text(details, "name")),
  "server.online": (details) => `${text(details, "name")} is online`,
  "server.offline": (details) => `${text(details, "name")} is offline`,
  "server.connected": (details) => `${text(details, "name")} connected`,
  "server.disconnected": (details) => `${text(details, "name")} disconnected`,
  "server.updated": (details) => `changed ${text(details, "name")}`,
  "server.draining": (details) => `drains ${text(details, "name")}`,
  "server.drain_ended": (details) => `gives ${text(details, "name")} work again`,
  "session.created": (details) => `opened session ${text(details, "name")} (${text(details, "agent")})`,
  "session.started": (details) => `started session ${text(details, "name")}`,
  "session.status_changed": (details) => `session is ${text(details, "status")}`,
  "session.agent_status_changed": (details) => `agent is ${text(details, "agent_status")}`,
  "session.marked_ready": (details) => `said that ${text(details, "name")} is at its prompt`,
  "session.token_revoked": (details) => `revoked the token of ${text(details, "name")}`,
  "session.taken_over": (details) => `took the keyboard from ${text(details, "from")}`,
  "session.closed": (details) => tell("closed the session", exitWords(details)),
  "session.warned": (details) => tell("session warned", oneLine(text(details, "text"))),
  "session.error": (details) => tell("session ended with an error", oneLine(text(details, "error"))),
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
  "task.requeued": (details) => tell("taken back", oneLine(text(details, "reason"))),
  "task.retried": () => "tried again",
  "task.reopened": () => "reopened",
  "task.upstream_reopened": (details) =>
    `${text(details, "upstream_key")} was reopened${details.blocked ? ", and this waits for it again" : ""}`,
  "task.archived": () => "archived",
  "task.unarchived": () => "taken back from the archive",
  "task.worker_lost": () => "its worker is lost",
  "task.worker_back": () => "its worker is back",
  "task.placed": () => "moved among its siblings",
  "task.order_changed": () => "its place in the order changed",
  "task.worktree_prepared": (details) => `has its checkout on ${text(details, "branch")}`,
  "task.worktree_failed": (details) => tell("no checkout could be made", oneLine(text(details, "error"))),
  "task.worktree_skipped": (details) =>
    tell(`has no checkout of its own and works in ${text(details, "path")}`, oneLine(text(details, "reason"))),
  "task.worktree_discarded": (details) => `its checkout of ${text(details, "branch")} was discarded`,
  "task.evidence_taken": (details) => (details.ok ? "its verify commands passed" : "its verify commands failed"),
  "task.output_added": (details) => `added output (${text(details, "stream")})`,
  "dependency.added": (details) => `waits for ${text(details, "depends_on_key")}`,
  "dependency.removed": (details) => `no longer waits for ${text(details, "depends_on_key")}`,
  "note.added": (details) => tell(details.urgent ? "urgent note" : "note", oneLine(text(details, "content"))),
  "intervention.raised": (details) => tell("needs an answer", oneLine(text(details, "question"))),
  "intervention.responded": (details) => tell("answered", oneLine(text(details, "response"))),
  "intervention.expired": (details) => tell("nobody answered in time", oneLine(text(details, "response"))),
  "intervention.cancelled": () => "the question was withdrawn",
  "remote.executed": (details) =>
    tell(`ran a command at ${text(details, "session_name")}`, oneLine(text(details, "command"))),
  "remote.read": (details) => `read ${text(details, "path")} at ${text(details, "session_name")}`,
  "file.offered": (details) => `sends ${text(details, "filename")} to ${text(details, "target")}`,
  "file.delivered": (details) => `${text(details, "filename")} has arrived at ${text(details, "target")}`,
  "file.failed": (details) => tell(`${text(details, "filename")} has not arrived`, text(details, "error")),
  "approval_rule.created": (details) => tell("made an approval rule", text(details, "name")),
  "approval_rule.updated": (details) => tell("changed an approval rule", text(details, "name")),
  "approval_rule.deleted": (details) => tell("deleted an approval rule", text(details, "name")),
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
