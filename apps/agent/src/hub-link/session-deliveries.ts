import type { DaemonFrame } from "@orchestratia/protocol/server-link";
import type { Agent } from "../agents/agent.ts";
import type { FollowedAgent } from "../agents/followed-agent.ts";
import { showsLine } from "../terminals/typed-in.ts";
import { type Typed, type Typist, typedLine } from "../terminals/typing.ts";
import type { Delivery } from "./deliveries.ts";
import type { TypedDeliveries, Unfinished } from "./typed-deliveries.ts";

type DeliveryFrame = Extract<DaemonFrame, { type: "delivery" }>;

const notSeen = "the daemon was stopped while it was typed, and nothing shows whether the agent took it";
const notSeenAnswer = "the daemon was stopped while it answered, and nothing shows whether the agent took it";

export interface SessionDeliveriesOptions {
  sessionId: string;
  agent: Agent | undefined;
  typist: Typist;
  typed: TypedDeliveries;
  answer: (frame: DeliveryFrame) => void;
  /** All that was printed and is still kept, as lines. */
  printed: () => Promise<string[]>;
}

/**
 * The hub's messages for one session's agent: each is typed once, however often it comes, and each coming is answered.
 * What a killed daemon had begun is finished first: entered where it stands at the prompt, delivered where Enter may have
 * been pressed and it was printed; else it is typed again when it comes again, or, if Enter may have been pressed, failed.
 */
export class SessionDeliveries {
  readonly #options: SessionDeliveriesOptions;
  /** What waits or is being typed; what came meanwhile to be typed if a rest turns out to be none. */
  readonly #queued = new Map<string, Delivery | undefined>();

  constructor(options: SessionDeliveriesOptions) {
    this.#options = options;
    for (const rest of options.typed.unfinished()) this.#finish(rest);
  }

  deliver(delivery: Delivery, id: string | undefined): void {
    const refusal = this.#refusal(delivery);
    if (id === undefined) this.#queue(delivery, id);
    else if (this.#queued.has(id)) {
      this.#queued.set(id, delivery);
      this.#answer(id, "deferred");
    } else if (this.#answerKnown(id)) return;
    else if (refusal !== undefined) this.#answer(id, "failed", refusal);
    else this.#queue(delivery, id);
  }

  /** What people answered to what the agent waits for. */
  answerPrompt(agent: Pick<FollowedAgent, "answer">, text: string, id: string): void {
    const { typed } = this.#options;
    if (this.#queued.has(id)) this.#answer(id, "deferred");
    else if (!this.#answerKnown(id)) {
      this.#queued.set(id, undefined);
      // Keys cannot be taken back: a daemon that is killed behind them must not press them for what is asked next.
      typed.remember({ id, state: "failed", reason: notSeenAnswer });
      agent.answer(text, (failure) => {
        typed.remember(failure === undefined ? { id, state: "delivered" } : { id, state: "failed", reason: failure });
        this.#done(id, failure);
      });
    }
  }

  #answerKnown(id: string): boolean {
    const known = this.#options.typed.outcome(id);
    if (!known || "text" in known) return false;
    this.#answer(id, known.state, known.reason);
    return true;
  }

  #queue(delivery: Delivery, id: string | undefined): void {
    const { typed, typist } = this.#options;
    const begun = (state: Unfinished["state"]) => () => {
      if (id !== undefined) typed.remember({ id, state, text: delivery.text, urgent: delivery.urgent });
    };
    const line: Typed = {
      ...delivery,
      onType: begun("typing"),
      onEnter: begun("entering"),
      onDone: (failure) => this.#typed(id, failure),
    };
    if (id !== undefined) this.#queued.set(id, delivery);
    if (!typist.add(line)) this.#done(id, "too many messages wait for this agent already");
    else if (!typist.isTyping(line)) this.#answer(id, "deferred", typist.waitsFor());
  }

  #finish({ id, state, text, urgent }: Unfinished): void {
    const { typed, typist } = this.#options;
    this.#queued.set(id, undefined);
    typist.add({
      text,
      urgent,
      isRest: true,
      onEnter: () => typed.remember({ id, state: "entering", text, urgent }),
      onRestGone: () => void (state === "typing" ? this.#again(id) : this.#lookFor(id, text)),
      onDone: (failure) => this.#typed(id, failure),
    });
  }

  #again(id: string): void {
    const delivery = this.#queued.get(id);
    this.#options.typed.forget(id);
    this.#queued.delete(id);
    if (delivery) this.deliver(delivery, id);
  }

  async #lookFor(id: string, text: string): Promise<void> {
    const isPrinted = showsLine(typedLine(text), await this.#options.printed());
    this.#typed(id, isPrinted ? undefined : notSeen);
  }

  #refusal({ quotes }: Delivery): string | undefined {
    return quotes && this.#options.agent?.kind === "shell" ? "nobody's words are typed into a shell" : undefined;
  }

  /** It was entered, or could not be; what was not begun to be entered may be sent again. */
  #typed(id: string | undefined, failure: string | undefined): void {
    const { typed } = this.#options;
    if (id !== undefined) {
      if (failure === undefined) typed.remember({ id, state: "delivered" });
      else if (typed.outcome(id)?.state === "entering") typed.remember({ id, state: "failed", reason: failure });
      else typed.forget(id);
    }
    this.#done(id, failure);
  }

  #done(id: string | undefined, failure: string | undefined): void {
    if (id === undefined) return;
    this.#queued.delete(id);
    this.#answer(id, failure === undefined ? "delivered" : "failed", failure);
  }

  #answer(id: string | undefined, state: DeliveryFrame["state"], reason?: string): void {
    const { answer, sessionId } = this.#options;
    if (id === undefined) return;
    answer({
      type: "delivery",
      delivery_id: id,
      session_id: sessionId,
      state,
      ...(reason === undefined ? {} : { reason }),
    });
  }
}
