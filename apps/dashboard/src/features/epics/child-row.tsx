"use client";
import type { TaskSummary } from "@orchestratia/protocol/tasks";
import { ArrowDown, ArrowUp } from "lucide-react";
import Link from "next/link";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { classNames } from "../../ui/class-names.ts";
import { StatusMark } from "../../ui/status-mark.tsx";
import { WaitingWords } from "../tasks/task-words.tsx";
import { type Step, stepOf } from "./child-order.ts";

type ChildRowProps = {
  child: TaskSummary;
  place: number;
  count: number;
  /** Without it the order is only looked at. */
  onMove?: ((step: Step) => void) | undefined;
};

/** One child: its place, its state, the way to it, and up or down. */
export function ChildRow({ child, place, count, onMove }: ChildRowProps) {
  const arrow = (step: Step, atTheEnd: boolean) => {
    const Icon = step === "up" ? ArrowUp : ArrowDown;
    return (
      <Button
        variant="ghost"
        size="icon"
        aria-label={`Move ${child.key} ${step}`}
        // One that is disabled would lose the focus as the child arrives at the end.
        aria-disabled={atTheEnd || undefined}
        onClick={() => onMove?.(step)}
      >
        <Icon aria-hidden />
      </Button>
    );
  };
  return (
    <li data-testid="child" data-key={child.key} className="flex items-center gap-1 pr-2 hover:bg-hover">
      <Link
        href={`/tasks/${child.key}`}
        aria-keyshortcuts={onMove ? "Alt+ArrowUp Alt+ArrowDown" : undefined}
        onKeyDown={(event) => {
          const step = onMove && stepOf(event);
          if (!step) return;
          event.preventDefault();
          onMove(step);
        }}
        className="grid min-h-11 min-w-0 flex-1 grid-cols-[1.25rem_auto_minmax(0,1fr)_auto] items-center gap-x-2.5 py-1.5 pl-4 -outline-offset-2"
      >
        <span className="text-right text-xs text-ink-faint tabular-nums">{place}</span>
        <StatusMark status={child.status} bare />
        <span className="min-w-0">
          <span className="flex max-sm:flex-col sm:items-baseline sm:gap-2">
            <span className="shrink-0 font-mono text-xs text-ink-faint">{child.key}</span>
            <span
              className={classNames(
                "text-sm font-medium max-sm:line-clamp-2 sm:truncate",
                child.archived_at && "text-ink-soft",
              )}
            >
              {child.title}
            </span>
          </span>
          <WaitingWords task={child} className="flex text-xs" />
        </span>
        <span className="flex items-center gap-2 text-xs text-ink-faint tabular-nums">
          {child.children ? `${child.children.done} of ${child.children.total}` : null}
          {child.archived_at ? <Badge>Archived</Badge> : null}
        </span>
      </Link>
      {onMove ? (
        <span className="flex shrink-0">
          {arrow("up", place === 1)}
          {arrow("down", place === count)}
        </span>
      ) : null}
    </li>
  );
}
