import type { HookStatus, Waiting } from "./agent-state.ts";

/** A screen that stands between a start and the prompt, and the keys that pass it. */
interface Dialog {
  name: string;
  /** Whether these lines show it. */
  shows(lines: readonly string[]): boolean;
  /** Pressed once each time it appears. */
  keys: string;
}

/** How an agent's screen is read. Lines are those of the visible screen, top to bottom, blank ones at the end left out. */
export interface AgentScreen {
  /** What the screen shows of its work; undefined when nothing of it can be made out. */
  read(lines: readonly string[]): HookStatus | undefined;
  /** Whether it is still on the way to its first prompt, though that may be seen already. */
  isLoading?(lines: readonly string[]): boolean;
  /** The keys that choose an option of what the screen asks. Default: its number. */
  optionKeys?(option: number, waiting: Waiting): string;
  /** Which option of its usage limit's dialog goes on when the limit is over. */
  afterLimit?(options: readonly string[]): number | undefined;
  /** First-run, trust and news dialogs. Never one that grants a permission to a tool. */
  dialogs: readonly Dialog[];
}
