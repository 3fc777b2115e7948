import type { Allowance, JudgedPart } from "@orchestratia/domain/tool-rules";
import { toolRequestContext, visible } from "@orchestratia/protocol/tool-request-context";
import type { NewToolRequest } from "@orchestratia/protocol/tool-requests";

const QUESTION_LENGTH = 500;

/** One line that says who wants what. */
export function questionOf(session: string, { tool_name }: NewToolRequest, parts: readonly JudgedPart[]): string {
  const asked = parts.filter(({ decision }) => decision !== "allow").map(({ shown }) => shown);
  const what = asked.filter((shown) => shown !== "" && shown !== tool_name).join(" · ");
  return cut(`${session} wants to use ${tool_name}${what === "" ? "" : `: ${visible(what)}`}`, QUESTION_LENGTH);
}

/** The whole input, why it is asked, and what allowing it for ever would mean. */
export const contextOf = (
  { tool_name: tool, agent, tool_input: input, cwd, reason }: NewToolRequest,
  allowances: readonly Allowance[],
): string =>
  toolRequestContext({
    tool,
    agent,
    input,
    rules: allowances.map(({ tool_pattern, param_pattern }) => `${tool_pattern}: ${param_pattern}`),
    ...(cwd !== undefined && { cwd }),
    ...(reason !== undefined && { reason }),
  });

/** Never between the halves of a character. */
const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1).replace(/\p{Surrogate}$/u, "")}…`;
