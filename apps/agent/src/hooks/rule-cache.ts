import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { HubClient } from "@orchestratia/client/http";
import type { ToolRule } from "@orchestratia/domain/tool-rules";
import { AgentApprovalRule } from "@orchestratia/protocol/approval-rules";
import { readApprovalRules } from "@orchestratia/protocol/operations/approval-rules";
import type { Logger } from "pino";
import { z } from "zod";

const Rules = z.array(AgentApprovalRule);
const callLimitMs = 20_000;

/** The rules of one registration, kept on disk so that they hold while the hub is away. */
export class RuleCache {
  readonly #path: string;
  readonly #client: HubClient;
  readonly #log: Logger;
  #rules: readonly ToolRule[];
  #reading: Promise<void> | undefined;
  #isStale = false;

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

  /** Reads them from the hub. A change while that is under way is read too. Never throws. */
  refresh(): Promise<void> {
    this.#isStale = true;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false;
      try {
        const read = await this.#client.call(readApprovalRules, { signal: AbortSignal.timeout(callLimitMs) });
        const rules = Rules.parse(read);
        this.#keep(rules);
        this.#rules = rules.map(toToolRule);
      } catch (error) {
        this.#log.warn({ error: sentence(error) }, "the approval rules could not be read; those known hold on");
      }
    }
  }

  #kept(): readonly ToolRule[] {
    try {
      return Rules.parse(JSON.parse(readFileSync(this.#path, "utf8"))).map(toToolRule);
    } catch (error) {
      const isThere = (error as NodeJS.ErrnoException).code !== "ENOENT";
      if (isThere) this.#log.warn({ error: sentence(error) }, "the kept approval rules cannot be read");
      return [];
    }
  }

  #keep(rules: readonly AgentApprovalRule[]): void {
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
