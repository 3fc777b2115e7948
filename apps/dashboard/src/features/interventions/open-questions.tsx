"use client";
import type { Intervention } from "@orchestratia/protocol/interventions";
import { useHeldList } from "../../ui/held-list.ts";
import { InterventionCard } from "./intervention-card.tsx";
import { SettledCard } from "./settled-card.tsx";
import { useLeftBehind } from "./use-left-behind.ts";

/** What waits for an answer. One that comes while the page is read waits behind a button: nothing moves under the hand. */
export function OpenQuestions({
  open,
  scope,
  canAnswer,
  showTask = false,
}: {
  open: readonly Intervention[];
  scope: string;
  canAnswer: boolean;
  showTask?: boolean;
}) {
  const settled = useLeftBehind(open, scope);
  const isOpen = ({ id }: Intervention) => open.some((each) => each.id === id);
  const { rows, fresh, showFresh } = useHeldList([...open, ...settled], { scope, belongs: isOpen, evenEmpty: true });
  const show = () => {
    showFresh();
    window.scrollTo({ top: 0 });
  };
  return (
    <>
      <div role="status" className="pointer-events-none fixed inset-x-0 top-14 z-20 flex justify-center">
        {fresh > 0 ? (
          <button
            type="button"
            onClick={show}
            className="pointer-events-auto h-9 animate-rise rounded-full border border-attention-line bg-attention-wash px-4 text-sm font-medium shadow-float touch:h-11"
          >
            {fresh === 1 ? "A new question needs you" : `${fresh} new questions need you`}
          </button>
        ) : null}
      </div>
      {rows.map((intervention) =>
        isOpen(intervention) ? (
          <InterventionCard
            key={intervention.id}
            intervention={intervention}
            canAnswer={canAnswer}
            showTask={showTask}
          />
        ) : (
          <SettledCard key={intervention.id} intervention={intervention} />
        ),
      )}
    </>
  );
}
