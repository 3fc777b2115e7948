"use client";
import { RefusedError } from "@orchestratia/client/http";
import type { Worktree } from "@orchestratia/protocol/workspace";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { shownCharacters } from "../diffs/read-hunks.ts";
import { discard, type Place, uncommittedQuery } from "./worktree-queries.ts";
import { discardWords } from "./worktree-words.ts";

const namesShown = 12;

type DiscardProps = {
  place: Place;
  worktree: Worktree;
  /** The server is where the hub asks for the task's changes, so their names can be had. */
  isNameable: boolean;
};

/** The files that would be lost, by name, as far as they can be had. */
function LostFiles({ place, worktree }: Pick<DiscardProps, "place" | "worktree">) {
  const { data: names } = useQuery(uncommittedQuery(place.project, worktree));
  if (!names || names.length === 0) return null;
  return (
    <ul aria-label="Files that would be lost" className="pt-1 font-mono text-xs leading-5 break-all">
      {names.slice(0, namesShown).map((name) => (
        <li key={name}>{shownCharacters(name)}</li>
      ))}
      {names.length > namesShown ? (
        <li className="font-sans">and {(names.length - namesShown).toLocaleString("en")} more</li>
      ) : null}
    </ul>
  );
}

function Confirmation({ place, worktree, isNameable, onDone }: DiscardProps & { onDone: () => void }) {
  const queries = useQueryClient();
  // The daemon refuses what would lose work, or take the folder from a running session, unless it is told to all the same.
  const needsForce = worktree.changed_files > 0;
  const discarding = useMutation({
    mutationFn: (force: boolean) => discard(queries, place, worktree, force),
    onSuccess: onDone,
  });
  const { lost, goes, stays } = discardWords(worktree);
  const isRefused = discarding.error instanceof RefusedError && discarding.error.code === "workspace_refused";
  return (
    <div className="space-y-4 text-sm">
      <div>
        <h3 className="font-medium">What goes</h3>
        <ul className="list-disc space-y-1 pl-5 break-words">
          {lost ? (
            <li>
              {lost}
              {isNameable ? <LostFiles place={place} worktree={worktree} /> : null}
            </li>
          ) : null}
          {goes.map((each) => (
            <li key={each}>{each}</li>
          ))}
        </ul>
      </div>
      {stays.length > 0 ? (
        <div>
          <h3 className="font-medium">What stays</h3>
          <ul className="list-disc space-y-1 pl-5 break-words">
            {stays.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        </div>
      ) : null}
      {discarding.error ? <ErrorState error={discarding.error} /> : null}
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onDone}>Keep it</Button>
        <Button
          variant="danger"
          pending={discarding.isPending}
          onClick={() => discarding.mutate(needsForce || isRefused)}
        >
          {isRefused ? "Discard all the same" : "Discard checkout"}
        </Button>
      </div>
    </div>
  );
}

/** Says what discarding a checkout would lose before it does it. */
export function DiscardButton({ place, worktree, isNameable }: DiscardProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Dialog
      trigger={
        <Button>
          Discard
          <span className="sr-only"> the checkout of {worktree.task_key}</span>
        </Button>
      }
      title={`Discard the checkout of ${worktree.task_key}?`}
      open={isOpen}
      onOpenChange={setOpen}
    >
      <Confirmation place={place} worktree={worktree} isNameable={isNameable} onDone={() => setOpen(false)} />
    </Dialog>
  );
}
