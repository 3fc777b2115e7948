import type { Activity } from "@orchestratia/protocol/activity";
import type { DashboardFrame } from "@orchestratia/protocol/dashboard-link";

const texts = new WeakMap<Activity, string>();

/** The frame that tells a fact, made once however many viewers are told. */
export function factText(activity: Activity): string {
  const known = texts.get(activity);
  if (known !== undefined) return known;
  const text = JSON.stringify(factFrame(activity));
  texts.set(activity, text);
  return text;
}

function factFrame(activity: Activity): DashboardFrame {
  const { event_type, task_id, session_id, details, position, project_id, at, actor } = activity;
  const fact = { details, position, project_id, at, actor };
  if (event_type.startsWith("session.") && session_id !== null) {
    return { type: "session_event", event: event_type, session_id, ...fact };
  }
  if (task_id !== null) return { type: "task_event", event_type, task_id, ...fact };
  return { type: "activity", activity };
}
