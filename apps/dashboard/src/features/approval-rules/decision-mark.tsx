import type { ToolDecision } from "@orchestratia/domain/tool-rules";
import { Ban, Check, Hand, type LucideIcon } from "lucide-react";
import { classNames } from "../../ui/class-names.ts";
import { decisionWord } from "./rule-words.ts";

const marks: Readonly<Record<ToolDecision, { icon: LucideIcon; colour: string }>> = {
  deny: { icon: Ban, colour: "text-red" },
  ask: { icon: Hand, colour: "text-amber" },
  allow: { icon: Check, colour: "text-green" },
};

/** A decision by shape, colour and word. */
export function DecisionMark({ decision, word }: { decision: ToolDecision; word?: string }) {
  const { icon: Icon, colour } = marks[decision];
  return (
    <span className="inline-flex items-baseline gap-1.5 whitespace-nowrap">
      <Icon aria-hidden className={classNames("size-4 shrink-0 self-center", colour)} />
      {word ?? decisionWord[decision]}
    </span>
  );
}
