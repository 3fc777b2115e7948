"use client";
import { Ellipsis } from "lucide-react";
import { type KeyboardEvent, useCallback, useEffect, useId, useRef } from "react";
import { Button } from "../../ui/button.tsx";
import { classNames } from "../../ui/class-names.ts";
import { placeUnder } from "./menu-place.ts";
import { MOVE_OFFERS, type OfferedMove } from "./move-offers.ts";

const width = 288;

/** Moves that are seldom wanted, behind one button. The browser's own popover: no library is loaded for it. */
export function MovesMenu({
  moves,
  pending,
  onChoose,
}: {
  moves: readonly OfferedMove[];
  pending: boolean;
  onChoose: (move: OfferedMove) => void;
}) {
  const id = useId();
  const trigger = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const items = () => [...(panel.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];

  const place = useCallback(() => {
    if (!trigger.current || !panel.current) return;
    const { clientWidth } = document.documentElement;
    const { left, top } = placeUnder(trigger.current.getBoundingClientRect(), width, clientWidth);
    panel.current.style.left = `${left}px`;
    panel.current.style.top = `${top}px`;
  }, []);
  useEffect(() => {
    window.addEventListener("resize", place);
    window.addEventListener("scroll", place, { passive: true });
    return () => {
      window.removeEventListener("resize", place);
      window.removeEventListener("scroll", place);
    };
  }, [place]);
  const choose = (move: OfferedMove) => {
    panel.current?.hidePopover();
    // A dialog gives the focus back to what had it: the button, for the item is gone by then.
    trigger.current?.focus();
    onChoose(move);
  };
  const walk = (event: KeyboardEvent) => {
    const all = items();
    const here = all.indexOf(document.activeElement as HTMLElement);
    const steps: Record<string, number> = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: -1 };
    const next = steps[event.key];
    if (event.key === "Tab") panel.current?.hidePopover();
    if (next === undefined) return;
    event.preventDefault();
    all.at(next % all.length)?.focus();
  };

  return (
    <>
      <Button
        ref={trigger}
        size="icon"
        aria-label="More moves"
        title="More moves"
        aria-haspopup="menu"
        aria-controls={id}
        popoverTarget={id}
        pending={pending}
      >
        <Ellipsis aria-hidden />
      </Button>
      <div
        ref={panel}
        id={id}
        popover="auto"
        role="menu"
        aria-label="More moves"
        tabIndex={-1}
        onBeforeToggle={place}
        onToggle={({ newState }) => (newState === "open" ? items()[0]?.focus() : undefined)}
        onKeyDown={walk}
        className="fixed inset-auto m-0 w-72 rounded-card border bg-surface p-1.5 text-ink shadow-float open:animate-rise"
      >
        {moves.map((move) => {
          const { button, hint, look, asks } = MOVE_OFFERS[move];
          return (
            <button
              key={move}
              type="button"
              role="menuitem"
              tabIndex={-1}
              data-move={move}
              aria-haspopup={asks ? "dialog" : undefined}
              className="block w-full rounded-control px-2 py-1.5 text-left hover:bg-hover focus-visible:bg-hover touch:min-h-11"
              onClick={() => choose(move)}
            >
              <span className={classNames("block text-sm font-medium", look === "danger" && "text-red")}>{button}</span>{" "}
              <span className="block text-xs text-ink-soft">{hint}</span>
            </button>
          );
        })}
      </div>
    </>
  );
}
