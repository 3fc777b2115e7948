"use client";
import type { Intervention } from "@orchestratia/protocol/interventions";
import type { Session } from "@orchestratia/protocol/sessions";
import { Button } from "../../ui/button.tsx";
import { DialogPanel } from "../../ui/dialog-panel.tsx";
import { InterventionCard } from "../interventions/intervention-card.tsx";
import { SettledCard } from "../interventions/settled-card.tsx";
import { useLeftBehind } from "../interventions/use-left-behind.ts";

type QuestionsDialogProps = {
  session: Session;
  open: readonly Intervention[];
  canAnswer: boolean;
  onClose: () => void;
};

/** A session's open questions; one that is settled stays and says how. */
export function QuestionsDialog({ session, open, canAnswer, onClose }: QuestionsDialogProps) {
  const settled = useLeftBehind(open, session.id);
  return (
    <DialogPanel wide title={`${session.name} asks`} onClose={onClose}>
      <div className="space-y-3">
        {settled.map((intervention) => (
          <SettledCard key={intervention.id} intervention={intervention} />
        ))}
        {open.map((intervention) => (
          <InterventionCard key={intervention.id} intervention={intervention} canAnswer={canAnswer} />
        ))}
        {open.length === 0 ? (
          <div className="flex justify-end">
            <Button variant="primary" onClick={onClose}>
              Back to the terminal
            </Button>
          </div>
        ) : null}
      </div>
    </DialogPanel>
  );
}
