import { inputMissing } from "../dependencies/input-missing.ts";
import { upstreamFailed } from "../dependencies/upstream-failed.ts";
import { childrenFailed } from "../epics/children-failed.ts";
import { childrenSettled } from "../epics/children-settled.ts";
import { usageLimitChoice } from "../usage-limits/usage-limit-policy.ts";
import { workerLostChoice } from "../workers/lost-policy.ts";
import { requeueManualChoice } from "../workers/requeue-manual.ts";
import { notStartedChoice, serverLostChoice, startFailedChoice } from "../workers/unstarted-choices.ts";
import type { HubChoice } from "./hub-choice.ts";

/** By the kind of question, which is what its cause begins with: what its answers do. */
const HUB_CHOICES: Readonly<Record<string, HubChoice>> = {
  children_failed: childrenFailed,
  children_settled: childrenSettled,
  input_missing: inputMissing,
  upstream_failed: upstreamFailed,
  not_started: notStartedChoice,
  requeue_manual: requeueManualChoice,
  server_lost: serverLostChoice,
  start_failed: startFailedChoice,
  usage_limit: usageLimitChoice,
  worker_lost: workerLostChoice,
};

/** Undefined for a cause that no answer acts on. */
export function hubChoiceOf(cause: string): HubChoice | undefined {
  const [kind = cause] = cause.split(":", 1);
  return Object.hasOwn(HUB_CHOICES, kind) ? HUB_CHOICES[kind] : undefined;
}
