import { toolInQuestion } from "@orchestratia/domain/tool-rules-tools";
import type { Intervention } from "@orchestratia/protocol/interventions";
import { readToolRequestContext, visible } from "@orchestratia/protocol/tool-request-context";

/** An agent's wish to use a tool, as people are asked about it. */
export interface AskedTool {
  tool: string;
  agent: string;
  /** Of the session that asks. */
  session: string;
  reason: string | undefined;
  cwd: string | undefined;
  /** What the tool is used on. */
  main: Given;
  /** What it is given besides. */
  rest: readonly Given[];
  /** How many characters of the input are not known here. */
  hidden: number;
  /** What allowing it for ever would make. */
  rules: readonly string[];
}

interface Given {
  label: string;
  text: string;
}

/** Undefined for other questions. */
export function askedTool({
  cause,
  context,
  question,
}: Pick<Intervention, "cause" | "context" | "question">): AskedTool | undefined {
  if (!cause?.startsWith("tool_request:")) return undefined;
  const told = readToolRequestContext(context ?? "");
  if (!told) return undefined;
  const { tool, agent, reason, cwd, hidden, rules } = told;
  const [session = ""] = question.split(` wants to use ${tool}`);
  return { tool, agent, session, reason, cwd, hidden, rules, ...given(agent, tool, told.input) };
}

const LABELS = { command: "Command", write: "File", read: "File", other: "Given" } as const;

function given(agent: string, tool: string, input: unknown): { main: Given; rest: Given[] } {
  const { kind, parameter } = toolInQuestion({ agent, tool, input });
  if (typeof parameter !== "string" || typeof input !== "object" || input === null) {
    return { main: { label: "Given", text: shown(input) }, rest: [] };
  }
  const members = Object.entries(input);
  const main = members.findIndex(([, value]) => value === parameter);
  const rest = members.toSpliced(main, 1).map(([label, value]) => ({ label: visible(label), text: shown(value) }));
  return { main: { label: LABELS[kind], text: shown(parameter) }, rest };
}

const shown = (value: unknown): string =>
  visible(typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? ""));
