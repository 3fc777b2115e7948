import type { Activity, ActivityType } from "@orchestratia/protocol/activity";
import { Problem } from "@orchestratia/protocol/problems";
import { z } from "zod";
import type { Caller } from "../access/caller.ts";
import { visibleProjects } from "../activity/visible-facts.ts";
import type { Database } from "../db/database.ts";
import { projectFor } from "../projects/access.ts";

/** What a viewer wants to hear of, once it is known that they may. */
export interface OpenTopic {
  matches(activity: Activity): boolean;
  /** Picks the topic's facts out of `activity_log a`; its values stand behind `$3`. */
  where: string;
  values: unknown[];
}

/** What begins to wait for a person, and whatever may end the waiting. */
const INBOX: readonly ActivityType[] = [
  "intervention.raised",
  "intervention.responded",
  "intervention.expired",
  "intervention.cancelled",
  "task.help_requested",
  "task.plan_submitted",
  "task.submitted",
  "task.resumed",
  "task.plan_approved",
  "task.plan_revised",
  "task.completed",
  "task.failed",
  "task.cancelled",
];

/** Throws project_not_found, task_not_found or session_not_found for what the caller may not see. */
export async function openTopic(database: Database, caller: Caller, topic: string): Promise<OpenTopic> {
  const [kind, id = ""] = topic.split(":");
  if (kind === "project") {
    await projectFor(database, caller, id);
    return { matches: ({ project_id }) => project_id === id, where: "a.project_id = $4", values: [id] };
  }
  if (kind === "task") {
    await mustSee(database, caller, await projectOf(database, "tasks", id), "task_not_found");
    return { matches: ({ task_id }) => task_id === id, where: "a.task_id = $4", values: [id] };
  }
  if (kind === "session") {
    await mustSee(database, caller, await projectOf(database, "sessions", id), "session_not_found");
    return { matches: ({ session_id }) => session_id === id, where: "a.session_id = $4", values: [id] };
  }
  return openInbox(database, caller);
}

/** Throws `code` when the project is not one that the caller may see. */
export async function mustSee(
  database: Database,
  caller: Caller,
  projectId: string | undefined,
  code: "task_not_found" | "session_not_found",
): ReturnType<typeof projectFor> {
  if (projectId === undefined) throw new Problem(code);
  try {
    return await projectFor(database, caller, projectId);
  } catch (error) {
    throw error instanceof Problem ? new Problem(code) : error;
  }
}

async function projectOf(database: Database, table: "tasks" | "sessions", id: string): Promise<string | undefined> {
  if (!z.uuid().safeParse(id).success) return undefined;
  const [row] = await database.sql.query<{ project_id: string }>(`select project_id from ${table} where id = $1`, [id]);
  return row?.project_id;
}

async function openInbox(database: Database, caller: Caller): Promise<OpenTopic> {
  const about = (activity: Activity) => INBOX.includes(activity.event_type) && activity.project_id !== null;
  const projects = await visibleProjects(database.sql, caller);
  if (projects === null) {
    return { matches: about, where: "a.event_type = any($4) and a.project_id is not null", values: [INBOX] };
  }
  return {
    matches: (activity) => about(activity) && projects.has(String(activity.project_id)),
    where: "a.event_type = any($4) and a.project_id = any($5)",
    values: [INBOX, [...projects]],
  };
}
