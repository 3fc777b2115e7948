import { type Judgement, judge } from "@orchestratia/domain/tool-rules";
import { BUILT_IN_RULES } from "@orchestratia/domain/tool-rules-built-in";
import { toolUseOn } from "@orchestratia/domain/tool-rules-tools";
import type { ApprovalRule } from "@orchestratia/protocol/approval-rules";

export interface Trial {
  agent: string;
  server: string;
  tool: string;
  given: string;
  /** Where the agent is; empty: not said. */
  cwd: string;
}

/** What the daemon would decide, but for links, which only it can follow. */
export function tryTool(rules: readonly ApprovalRule[], { agent, server, tool, given, cwd }: Trial): Judgement {
  const active = rules.filter(({ is_active }) => is_active);
  const folder = cwd.trim();
  return judge([...active, ...BUILT_IN_RULES], {
    ...toolUseOn(agent, tool.trim(), given),
    server,
    ...(folder && { cwd: folder }),
  });
}
