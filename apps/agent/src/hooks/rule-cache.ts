import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { HubClient } from "@orchestratia/client/http";
import type { ToolRule } from "@orchestratia/domain/tool-rules";
import { AgentApprovalRule } from "@orchestratia/protocol/approval-rules";
import { readApprovalRules } from "@orchestratia/protocol/operations/approval-rules";
import type { Logger } from "pino";
import { z } from "zod";

const callLimitMs = 20_000;
const firstRetryMs = 1_000;
const lastRetryMs = 60_000;

/** What a rule is that cannot be read whole, as of a newer hub: as wide as its readable parts make it. */
const PartOfRule = z.object({
  id: z.string().max(64).catch("unreadable"),
  name: z.string().catch("a rule that this daemon cannot read"),
  tool_pattern: z.string().catch("*"),
  param_pattern: z.string().nullable().catch(null),
  scope_type: z.enum(["project", "server"]).catch("project"),
  scope_id: z.string().catch(""),
  agent_filter: z.string().catch("all"),
});

/** The rules of one registration, kept on disk so that they hold while the hub is away. */
export class RuleCache {
  readonly #path: string;
  readonly #client: HubClient;
  readonly #log: Logger;
  #rules: readonly ToolRule[];
  #reading: Promise<void> | undefined;
  #isStale = false;
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(path: string, client: HubClient, log: Logger) {
    this.#path = path;
    this.#client = client;
    this.#log = log;
    this.#rules = this.#kept();
  }

  /** Without any that are known, none: then people are asked about everything. */
  get rules(): readonly ToolRule[] {
    return this.#rules;
  }

  /**
   * Reads them from the hub; a change while that is under way is read too. Resolves when they are read or could not be:
   * then it is tried again by itself. Never throws.
   */
  refresh(): Promise<void> {
    this.#isStale = true;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#retry);
  }

  async #read(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false;
      try {
        const read = await this.#client.call(readApprovalRules, { signal: AbortSignal.timeout(callLimitMs) });
        const rules = z.array(z.unknown()).parse(read);
        this.#keep(rules);
        this.#rules = this.#parsed(rules);
        this.#failures = 0;
        clearTimeout(this.#retry);
      } catch (error) {
        this.#log.warn({ error: sentence(error) }, "the approval rules could not be read; those known hold on");
        this.#readLater();
        return;
      }
    }
  }

  #readLater(): void {
    if (this.#isStopped) return;
    const pause = Math.min(firstRetryMs * 2 ** this.#failures, lastRetryMs);
    this.#failures += 1;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.refresh(), pause).unref();
  }

  /** People are asked where a rule cannot be read: it may be one that denies. */
  #parsed(rules: readonly unknown[]): ToolRule[] {
    return rules.map((rule) => {
      const { data, error } = AgentApprovalRule.safeParse(rule);
      if (data) return toToolRule(data);
      this.#log.warn({ error: sentence(error) }, "an approval rule cannot be read; people are asked instead");
      const part = PartOfRule.safeParse(rule).data ?? PartOfRule.parse({});
      return toToolRule({ ...part, action: "ask", is_active: true });
    });
  }

  #kept(): readonly ToolRule[] {
    try {
      return this.#parsed(z.array(z.unknown()).parse(JSON.parse(readFileSync(this.#path, "utf8"))));
    } catch (error) {
      const isThere = (error as NodeJS.ErrnoException).code !== "ENOENT";
      if (isThere) this.#log.warn({ error: sentence(error) }, "the kept approval rules cannot be read");
      return [];
    }
  }

  #keep(rules: readonly unknown[]): void {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    writeFileSync(`${this.#path}.new`, JSON.stringify(rules), { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
  }
}

function toToolRule({ agent_filter, scope_type, scope_id, ...rule }: AgentApprovalRule): ToolRule {
  return {
    id: rule.id,
    name: rule.name,
    tool_pattern: rule.tool_pattern,
    param_pattern: rule.param_pattern,
    action: rule.action,
    agents: agent_filter === "all" ? [] : agent_filter.split(","),
    server_id: scope_type === "server" ? scope_id : null,
  };
}

const sentence = (error: unknown): string => (error instanceof Error ? error.message : String(error));
