import type { HubFrame } from "@orchestratia/protocol/server-link";
import type { Typed } from "../terminals/typing.ts";

/** A line for the agent. `quotes` somebody else's words: those must not reach a shell, which would run them. */
export interface Delivery extends Pick<Typed, "text" | "urgent" | "afterSilence"> {
  quotes: boolean;
}

const ordinary = (text: string): Delivery => ({ text, urgent: false, quotes: false });
const quoting = (text: string): Delivery => ({ text, urgent: false, quotes: true });

/** The line that a push of the hub becomes, or undefined when it is no delivery. */
export function deliveryOf(frame: HubFrame): Delivery | undefined {
  switch (frame.type) {
    case "task_assigned":
      return ordinary('A task is waiting for you: run "orchestratia task check" and follow it.');
    case "task_updated":
      return ordinary('Your task was changed: run "orchestratia task check" and follow what it says now.');
    case "plan_approved":
      return ordinary('Your plan was approved: run "orchestratia task check" and carry it out.');
    case "plan_revision":
      return quoting(
        `Your plan needs changes: ${frame.feedback} (Run "orchestratia task check", then submit a new plan.)`,
      );
    case "intervention_response":
      return quoting(frame.response);
    case "intervention_for_session":
      return quoting(`${frame.source} asks: ${frame.question}`);
    case "task_note":
      return frame.urgent
        ? { ...quoting(`Urgent note from ${frame.author}: ${frame.content}`), urgent: true }
        : { ...quoting(`Note from ${frame.author}: ${frame.content}`), afterSilence: true };
    case "file_arrived":
      return quoting(`A file has come from ${frame.sender}: ${frame.path} (${frame.file_size} bytes).`);
    case "task_status_update": {
      const summary = frame.summary ? `: ${frame.summary}` : ".";
      return quoting(
        `Task "${frame.title}" is ${frame.status_label || frame.status}${summary} (Run "orchestratia task list".)`,
      );
    }
    default:
      return undefined;
  }
}
