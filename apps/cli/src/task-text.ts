import type { Task, TaskSummary } from "@orchestratia/protocol/tasks";
import type { Describe, Paint } from "./output.ts";

/** What stands over a task; it may depend on where the task went. */
type Headline<T> = string | ((task: T) => string);

const headlineOf = <T>(headline: Headline<T>, task: T) => (typeof headline === "string" ? headline : headline(task));

/** A headline and the task in short. */
export const shortTask =
  (headline: Headline<TaskSummary>): Describe<TaskSummary> =>
  (task, paint) => [headlineOf(headline, task), ...taskLines(task, paint)];

/** A headline and the task with everything that its worker needs. */
export const wholeTask =
  (headline: Headline<Task>): Describe<Task> =>
  (task, paint) => [headlineOf(headline, task), ...wholeTaskLines(task, paint)];

export function taskLines(task: TaskSummary, paint: Paint): string[] {
  const places = [
    task.assigned_server_name && `Server: ${task.assigned_server_name}`,
    task.target_session_name && `Session: ${task.target_session_name}`,
  ].filter(Boolean);
  return [
    `  ${paint.cyan(task.key)} ${paint.bold(task.title)}`,
    `    Status: ${paintStatus(task.status, paint)}  Priority: ${task.priority}  Type: ${task.type}`,
    `    Id: ${task.id}`,
    ...(places.length > 0 ? [`    ${places.join("  ")}`] : []),
    ...optional("Reason", task.status_reason),
    ...optional("Waiting", task.waiting_for && paint.yellow(task.waiting_for)),
  ];
}

export function wholeTaskLines(task: Task, paint: Paint): string[] {
  const failed = task.status === "failed" || task.status === "cancelled";
  return [
    ...taskLines(task, paint),
    ...optional("Repo", task.target_repo && [task.target_repo, task.target_branch].filter(Boolean).join(" @ ")),
    ...optional("From", task.source_session_name ?? task.created_by.name),
    ...section("Spec", task.spec),
    ...list("Acceptance criteria", task.acceptance_criteria),
    ...section("Structured spec", task.structured_spec),
    ...list(
      "Dependencies",
      task.dependencies.map((dependency) => dependencyText(dependency, paint)),
    ),
    ...Object.entries(task.resolved_inputs).flatMap(([name, value]) => section(`Input ${name}`, value)),
    ...section("Plan", summaryOf(task.plan)),
    ...section("Plan feedback", task.plan_feedback),
    ...section(failed ? "Error" : "Result", summaryOf(task.result)),
    ...list(
      "Notes",
      task.recent_notes.map((note) => `${note.author}: ${note.content}`),
    ),
    ...list("Warnings", (task.warnings ?? []).map(paint.yellow)),
  ];
}

/** `DEMO-1 Title (input api_schema): pending` */
function dependencyText(dependency: Task["dependencies"][number], paint: Paint): string {
  const { depends_on_key, depends_on_title, dependency_type, contract_key, alias, resolved, depends_on_status } =
    dependency;
  const what = [dependency_type, contract_key, alias && `as ${alias}`].filter(Boolean).join(" ");
  const state = resolved ? paint.green("resolved") : paintStatus(depends_on_status, paint);
  return `${depends_on_key} ${depends_on_title} (${what}): ${state}`;
}

const STATUS_PAINT: Readonly<Record<string, keyof Pick<Paint, "green" | "red" | "yellow" | "cyan" | "dim">>> = {
  done: "green",
  failed: "red",
  cancelled: "dim",
  needs_human: "red",
  pending: "yellow",
  plan_review: "yellow",
  review: "yellow",
};

export const paintStatus = (status: string, paint: Paint): string => paint[STATUS_PAINT[status] ?? "cyan"](status);

/** A plan or result in short where it has a summary or an error, else whole. */
function summaryOf(value: unknown): unknown {
  const { summary, error } = (value ?? {}) as { summary?: unknown; error?: unknown };
  return summary ?? error ?? value;
}

const optional = (label: string, text: string | null | undefined): string[] => (text ? [`    ${label}: ${text}`] : []);

const list = (label: string, items: readonly string[]): string[] =>
  items.length === 0 ? [] : [`    ${label}:`, ...items.map((item) => `      - ${item.replaceAll("\n", "\n        ")}`)];

function section(label: string, value: unknown): string[] {
  if (value === null || value === undefined) return [];
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  if (!text.includes("\n")) return [`    ${label}: ${text}`];
  return [`    ${label}:`, ...text.split("\n").map((textLine) => `      ${textLine}`)];
}
