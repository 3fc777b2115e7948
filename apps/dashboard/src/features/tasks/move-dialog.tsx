"use client";
import type { Task } from "@orchestratia/protocol/tasks";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Textarea } from "../../ui/control.tsx";
import { DialogPanel } from "../../ui/dialog-panel.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Field } from "../../ui/field.tsx";
import { MOVE_OFFERS, type OfferedMove } from "./move-offers.ts";
import { warningOf } from "./move-warning.ts";
import { openBelowQuery } from "./open-below.ts";
import { useMove } from "./use-move.ts";

/** What a move will do, the words it needs, and the move. */
export function MoveDialog({ task, move, onClose }: { task: Task; move: OfferedMove; onClose: () => void }) {
  const { button, look, words } = MOVE_OFFERS[move];
  const [text, setText] = useState("");
  const below = useQuery({ ...openBelowQuery(task), enabled: move === "cancel" });
  // A count that cannot be had holds nobody up.
  const counted = below.error ? { count: 0, isAll: false } : below.data;
  const make = useMove(task);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate({ move, words: text }, { onSuccess: onClose });
  };
  return (
    <DialogPanel title={`${button} ${task.key}`} description={warningOf(task, move, counted)} onClose={onClose}>
      <form className="space-y-4" onSubmit={submit}>
        {words ? (
          <Field label={words.label} help={words.help}>
            {(control) => (
              <Textarea
                {...control}
                maxLength={words.most}
                value={text}
                onChange={(event) => setText(event.target.value)}
              />
            )}
          </Field>
        ) : null}
        {make.error ? <ErrorState error={make.error} /> : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Leave it as it is</Button>
          <Button
            type="submit"
            variant={look === "danger" ? "danger" : "primary"}
            disabled={(words?.needed === true && !text.trim()) || (move === "cancel" && !counted)}
            pending={make.isPending}
          >
            {move === "cancel" ? "Cancel task" : button}
          </Button>
        </div>
      </form>
    </DialogPanel>
  );
}
