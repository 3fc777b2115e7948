import type { Allowance, JudgedPart } from "@orchestratia/domain/tool-rules";
import type { NewToolRequest } from "@orchestratia/protocol/tool-requests";

const QUESTION_LENGTH = 500;
const INPUT_LENGTH = 16 * 1024;

/** One line that says who wants what. */
export function questionOf(session: string, { tool_name }: NewToolRequest, parts: readonly JudgedPart[]): string {
  const asked = parts.filter(({ decision }) => decision !== "allow").map(({ shown }) => shown);
  const what = asked.filter((shown) => shown !== "" && shown !== tool_name).join(" · ");
  return cut(`${session} wants to use ${tool_name}${what === "" ? "" : `: ${visible(what)}`}`, QUESTION_LENGTH);
}

/** The whole input, why it is asked, and what allowing it for ever would mean. */
export function contextOf({ tool_input, cwd, reason }: NewToolRequest, allowances: readonly Allowance[]): string {
  const whole = visible(JSON.stringify(tool_input, null, 2) ?? "");
  const hidden = Math.max(0, whole.length - INPUT_LENGTH);
  const rules = allowances.map(({ tool_pattern, param_pattern }) => `${tool_pattern}: ${param_pattern}`);
  return [
    ...(reason === undefined ? [] : [reason]),
    ...(cwd === undefined ? [] : [`In ${cwd}`]),
    ...(hidden === 0 ? [] : [`This is long: its last ${hidden} characters are not shown below.`]),
    cut(whole, INPUT_LENGTH),
    ...(rules.length === 0 ? [] : [`“Allow always” makes these rules for this server:`, ...rules.map(visible)]),
  ].join("\n");
}

/** What turns the direction of writing, or cannot be seen, must not hide from whoever decides. */
const visible = (text: string): string =>
  text.replace(/[^\P{C}\n\t]/gu, (hidden) => `\\u{${hidden.codePointAt(0)?.toString(16)}}`);

/** Never between the halves of a character. */
const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1).replace(/\p{Surrogate}$/u, "")}…`;
