import { randomUUID } from "node:crypto";
import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type HubClient, RefusedError } from "@orchestratia/client/http";
import { filesInQuestion, type Judgement, judge } from "@orchestratia/domain/tool-rules";
import { BUILT_IN_RULES } from "@orchestratia/domain/tool-rules-built-in";
import { askForTool, viewToolRequest, withdrawToolRequest } from "@orchestratia/protocol/operations/tool-requests";
import type { ToolRequest } from "@orchestratia/protocol/tool-requests";
import type { Logger } from "pino";
import type { ToolDecision } from "../agents/hook-event.ts";
import type { DecisionLog } from "./decision-log.ts";
import type { HookListener, ToolEvent } from "./hook-listener.ts";
import { DECISION_LIMIT_MS } from "./hook-wire.ts";
import type { RuleCache } from "./rule-cache.ts";

/** How long one read of the hub waits for the decision. */
const waitSeconds = 25;
const callLimitMs = 40_000;
const retryMs = 2000;
const withdrawLimitMs = 5000;

export interface PermissionGateOptions {
  serverId: string;
  client: HubClient;
  rules: RuleCache;
  decisions: DecisionLog;
  listener: Pick<HookListener, "onAsking">;
  log: Logger;
  decisionLimitMs?: number;
}

/** What is to be decided, by whom it is wanted. */
export interface Wish {
  sessionId: string;
  agent: string;
  event: ToolEvent;
}

/**
 * Decides about the tools of one registration's sessions: by the rules, and where they say nothing by people. Who cannot
 * be asked, or does not answer in time, has not allowed it.
 */
export class PermissionGate {
  readonly #options: PermissionGateOptions;

  constructor(options: PermissionGateOptions) {
    this.#options = options;
  }

  /** Throws when the decision cannot be logged: then it is none. */
  async decide(wish: Wish, asker: AbortSignal): Promise<ToolDecision> {
    const judgement = this.#judge(wish);
    const decision =
      judgement.decision === "ask"
        ? await this.#ask(wish, judgement, asker)
        : { decision: judgement.decision, reason: judgement.reason };
    this.#options.decisions.add({
      session_id: wish.sessionId,
      tool_name: wish.event.tool.slice(0, 200),
      tool_input: wish.event.input,
      decision: decision.decision === "allow" ? "allowed" : "denied",
      matched_rule_id: judgement.rule?.id ?? null,
      reason: decision.reason,
      agent_name: wish.agent,
    });
    return decision;
  }

  #judge({ agent, event }: Wish): Judgement {
    const { rules, serverId } = this.#options;
    const use = {
      agent,
      tool: event.tool,
      input: event.input,
      home: homedir(),
      ...(event.cwd !== "" && { cwd: event.cwd }),
    };
    const realPaths = Object.fromEntries(
      filesInQuestion(use).flatMap((file) => {
        const real = realPath(resolve(event.cwd || "/", file.replace(/^~(?=\/|$)/, homedir())));
        return real === undefined ? [] : [[file, real]];
      }),
    );
    return judge([...rules.rules, ...BUILT_IN_RULES], { ...use, realPaths, server: serverId });
  }

  async #ask(
    { sessionId, agent, event }: Wish,
    { reason, parts }: Judgement,
    asker: AbortSignal,
  ): Promise<ToolDecision> {
    const { listener, decisionLimitMs = DECISION_LIMIT_MS, log } = this.#options;
    const id = randomUUID();
    const deadline = AbortSignal.timeout(decisionLimitMs);
    const signal = AbortSignal.any([asker, deadline]);
    let endAsking: (() => void) | undefined;
    let unreached = "";
    let wasPut = false;
    try {
      while (!signal.aborted) {
        try {
          const request = wasPut
            ? await this.#view(id, signal)
            : await this.#put({ id, sessionId, agent, event, reason }, Math.ceil(decisionLimitMs / 1000), signal);
          wasPut = true;
          unreached = "";
          endAsking ??= listener.onAsking(sessionId, questionText(event, parts));
          if (request.status !== "pending") return answerOf(request);
        } catch (error) {
          if (signal.aborted) break;
          if (isFinal(error)) return denied(`The hub refuses to ask: ${error.detail}`);
          unreached = "The hub cannot be reached to ask.";
          log.warn({ error: error instanceof Error ? error.message : String(error) }, "people cannot be asked yet");
          await sleep(retryMs, undefined, { signal }).catch(() => {});
        }
      }
    } finally {
      endAsking?.();
    }
    if (wasPut) void this.#withdraw(id);
    if (asker.aborted) return denied("The agent no longer waits for a decision.");
    return denied(unreached || "Nobody decided in time.");
  }

  #put(
    { id, sessionId, agent, event, reason }: Wish & { id: string; reason: string },
    timeoutSeconds: number,
    signal: AbortSignal,
  ): Promise<ToolRequest> {
    const body = {
      request_id: id,
      session_id: sessionId,
      agent,
      tool_name: event.tool,
      tool_input: event.input,
      reason: reason.slice(0, 2000),
      timeout_seconds: timeoutSeconds,
      ...(event.cwd !== "" && event.cwd.length <= 4096 && { cwd: event.cwd }),
    };
    return this.#options.client.call(askForTool, { body, signal: limited(signal) });
  }

  #view(request: string, signal: AbortSignal): Promise<ToolRequest> {
    const input = { params: { request }, query: { wait: waitSeconds }, signal: limited(signal) };
    return this.#options.client.call(viewToolRequest, input);
  }

  /** So that nobody decides what nobody waits for. */
  async #withdraw(request: string): Promise<void> {
    const input = { params: { request }, signal: AbortSignal.timeout(withdrawLimitMs) };
    await this.#options.client.call(withdrawToolRequest, input).catch(() => {});
  }
}

const limited = (signal: AbortSignal): AbortSignal => AbortSignal.any([signal, AbortSignal.timeout(callLimitMs)]);

/** What asking again does not change. */
const isFinal = (error: unknown): error is RefusedError =>
  error instanceof RefusedError && error.status >= 400 && error.status < 500;

const denied = (reason: string): ToolDecision => ({ decision: "deny", reason });

function answerOf({ status, reason }: ToolRequest): ToolDecision {
  if (status === "allowed") return { decision: "allow", reason: reason ?? "Somebody allowed it." };
  return denied(reason ?? "Nobody allowed it.");
}

function questionText({ tool }: ToolEvent, parts: Judgement["parts"]): string {
  const asked = parts.filter(({ decision }) => decision !== "allow").map(({ shown }) => shown);
  return `${tool}: ${asked.join(" · ")}`.slice(0, 500);
}

/** Where the path leads; of one that does not exist yet the folder is followed. */
function realPath(path: string, depth = 0): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" || path === dirname(path) || depth > 64) return undefined;
    const folder = realPath(dirname(path), depth + 1);
    return folder === undefined ? undefined : join(folder, basename(path));
  }
}
