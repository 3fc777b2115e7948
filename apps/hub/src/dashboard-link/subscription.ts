import type { Activity } from "@orchestratia/protocol/activity";
import type { Database } from "../db/database.ts";
import { ACTIVITY_COLUMNS, type ActivityRow, toActivity } from "../events/activity-row.ts";
import { factText } from "./fact-frame.ts";
import type { OpenTopic } from "./topics.ts";

const PAGE = 500;
/** A viewer that has not taken its replay while so much happened is too slow to be waited for. */
const WAITING_MAX = 10_000;

/** Where a subscription's facts go. */
interface FactSink {
  sendText(text: string): void;
  /** When so much has been taken that more may be sent; false when the viewer is gone. */
  drained(): Promise<boolean>;
  /** Ends the connection of a viewer that does not keep up; it can come back and resume. */
  tooSlow(): void;
}

/**
 * A viewer's interest in one topic: `replaying` what was missed, then `live`. What happens during the replay waits
 * behind it. The replay ends where the live facts began, so it neither leaves one out nor tells one twice.
 */
export class Subscription {
  readonly topic: string;
  #open: OpenTopic;
  readonly #sink: FactSink;
  #waiting: Activity[] | undefined;
  #cancelled = false;

  constructor(topic: string, open: OpenTopic, sink: FactSink) {
    this.topic = topic;
    this.#open = open;
    this.#sink = sink;
  }

  /** Whether the fact must be sent now: a fact that several subscriptions want is sent once. */
  wants(activity: Activity): boolean {
    if (!this.#open.matches(activity)) return false;
    if (!this.#waiting) return true;
    this.#waiting.push(activity);
    if (this.#waiting.length > WAITING_MAX) this.#sink.tooSlow();
    return false;
  }

  /** Tells what was missed between `after` and `position`, the last that was published when the subscription began. */
  async replay(database: Database, after: number, position: number): Promise<void> {
    this.#waiting = [];
    let last = after;
    for (;;) {
      const page = await this.#page(database, last, position);
      if (this.#cancelled) return;
      for (const activity of page) this.#sink.sendText(factText(activity));
      last = page.at(-1)?.position ?? last;
      if (page.length < PAGE) break;
      if (!(await this.#sink.drained())) return;
    }
    this.caughtUp(position);
  }

  /** From here on facts are sent as they happen. */
  caughtUp(position: number): void {
    this.#sink.sendText(JSON.stringify({ type: "caught_up", topic: this.topic, position }));
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const activity of waiting) this.#sink.sendText(factText(activity));
  }

  /** The same topic, as far as the viewer may see it now. */
  reopen(open: OpenTopic): void {
    this.#open = open;
  }

  cancel(): void {
    this.#cancelled = true;
  }

  async #page(database: Database, after: number, upTo: number): Promise<Activity[]> {
    const rows = await database.sql.query<ActivityRow>(
      `select ${ACTIVITY_COLUMNS} from activity_log a
      where a.position > $1 and a.position <= $2 and ${this.#open.where}
      order by a.position limit $3`,
      [after, upTo, PAGE, ...this.#open.values],
    );
    return rows.map(toActivity);
  }
}
