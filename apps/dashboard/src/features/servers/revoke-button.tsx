"use client";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { ErrorState } from "../../ui/error-state.tsx";

type RevokeButtonProps = {
  /** What the buttons say. */
  verb?: "Revoke" | "Remove" | "Delete" | "Leave" | "Deactivate";
  /** What the button says that leaves all as it is. */
  keep?: string;
  /** What is revoked, for whoever does not see the row. */
  what: string;
  /** What will happen, in a sentence. */
  consequence: string;
  revoke: () => Promise<unknown>;
};

const takeFocus = (element: HTMLElement | null) => element?.focus();

/** Says what will happen before it does it: what is revoked does not come back. */
export function RevokeButton({ verb = "Revoke", keep = "Keep it", what, consequence, revoke }: RevokeButtonProps) {
  const [stage, setStage] = useState<"idle" | "asked" | "kept">("idle");
  const revoking = useMutation({ mutationFn: revoke, onSettled: () => setStage("idle") });
  if (stage !== "asked") {
    return (
      <>
        <Button ref={stage === "kept" ? takeFocus : undefined} onClick={() => setStage("asked")}>
          {verb}
          <span className="sr-only"> {what}</span>
        </Button>
        {revoking.error ? <ErrorState className="basis-full" error={revoking.error} /> : null}
      </>
    );
  }
  return (
    <div className="flex basis-full flex-wrap items-center justify-end gap-2 rounded-control bg-danger-wash px-3 py-2">
      <p className="min-w-40 flex-1 text-sm">{consequence}</p>
      <Button ref={takeFocus} disabled={revoking.isPending} onClick={() => setStage("kept")}>
        {keep}
      </Button>
      <Button variant="danger" pending={revoking.isPending} onClick={() => revoking.mutate()}>
        {verb} now
      </Button>
    </div>
  );
}
