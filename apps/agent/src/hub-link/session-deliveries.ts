import type { DaemonFrame } from "@orchestratia/protocol/server-link";
import type { Agent } from "../agents/agent.ts";
import type { FollowedAgent } from "../agents/followed-agent.ts";
import type { Typed, Typist } from "../terminals/typing.ts";
import type { Delivery } from "./deliveries.ts";
import type { TypedDeliveries } from "./typed-deliveries.ts";

type DeliveryFrame = Extract<DaemonFrame, { type: "delivery" }>;

export interface SessionDeliveriesOptions {
  sessionId: string;
  agent: Agent | undefined;
  typist: Typist;
  typed: TypedDeliveries;
  answer: (frame: DeliveryFrame) => void;
}

/** The hub's messages for one session's agent: each is typed once, however often it comes, and each coming is answered. */
export class SessionDeliveries {
  readonly #options: SessionDeliveriesOptions;
  readonly #queued = new Set<string>();

  constructor(options: SessionDeliveriesOptions) {
    this.#options = options;
  }

  deliver(delivery: Delivery, id: string | undefined): void {
    const { typed } = this.#options;
    const known = id === undefined ? undefined : typed.outcome(id);
    const refusal = this.#refusal(delivery);
    if (known) this.#answer(id, known.state, known.reason);
    else if (id !== undefined && this.#queued.has(id)) this.#answer(id, "deferred");
    else if (refusal !== undefined) this.#answer(id, "failed", refusal);
    else this.#queue(delivery, id);
  }

  /** What people answered to what the agent waits for. */
  answerPrompt(agent: FollowedAgent, text: string, id: string): void {
    const { typed } = this.#options;
    const known = typed.outcome(id);
    if (known) this.#answer(id, known.state, known.reason);
    else if (this.#queued.has(id)) this.#answer(id, "deferred");
    else {
      this.#queued.add(id);
      // Keys cannot be taken back: a daemon that is killed behind them must not press them for what is asked next.
      typed.remember({ id, state: "delivered" });
      agent.answer(text, (failure) => {
        if (failure !== undefined) typed.remember({ id, state: "failed", reason: failure });
        this.#done(id, failure);
      });
    }
  }

  #queue(delivery: Delivery, id: string | undefined): void {
    const { typed, typist } = this.#options;
    const line: Typed = {
      ...delivery,
      onEnter: () => id !== undefined && typed.remember({ id, state: "delivered" }),
      onDone: (failure) => this.#done(id, failure),
    };
    if (id !== undefined) this.#queued.add(id);
    if (!typist.add(line)) this.#done(id, "too many messages wait for this agent already");
    else if (!typist.isTyping(line)) this.#answer(id, "deferred", "the agent is not at its prompt");
  }

  #refusal({ quotes }: Delivery): string | undefined {
    return quotes && this.#options.agent?.kind === "shell" ? "nobody's words are typed into a shell" : undefined;
  }

  #done(id: string | undefined, failure: string | undefined): void {
    if (id === undefined) return;
    this.#queued.delete(id);
    const { typed } = this.#options;
    // Only what was entered is remembered: the rest may be sent again.
    if (failure !== undefined && typed.outcome(id)) typed.remember({ id, state: "failed", reason: failure });
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
