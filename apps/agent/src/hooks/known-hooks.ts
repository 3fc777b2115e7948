import type { AgentHooks } from "../agents/agent-hooks.ts";
import { agentCatalog } from "../agents/catalog.ts";
import type { HookAnswer } from "../agents/hook-event.ts";

/** The agents whose hooks we know. */
export const knownHooks = (agent: string): AgentHooks | undefined => agentCatalog([]).get(agent)?.hooks;

/** Whether the agent asks here whether a tool may run: then no answer would be a yes. */
export const isToolEvent = (event: string): boolean =>
  /tool|permission/i.test(event) && !/^(?:post|after)|[._-]after$/i.test(event);

/** How each agent understands a plain exit as a refusal, when not even its name is known. */
const REFUSING_EXIT = 2;

/** What refuses the tool that `event` is about; nothing for other events. */
export function refusal(agent: string, event: string, reason: string): HookAnswer {
  const hooks = knownHooks(agent);
  if (!hooks) return { stdout: "", exitCode: REFUSING_EXIT };
  if (!isToolEvent(event)) return { stdout: "", exitCode: 0 };
  return hooks.answerTool(event, { decision: "deny", reason });
}
