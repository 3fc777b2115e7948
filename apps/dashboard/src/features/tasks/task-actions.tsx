"use client";
import type { Task } from "@orchestratia/protocol/tasks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Textarea } from "../../ui/control.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Field } from "../../ui/field.tsx";
import { AssignDialog } from "./assign-dialog.tsx";
import { showMoved, taskMoves } from "./task-queries.ts";

type PlainMove = "unassign" | "approve_plan" | "approve";
type FeedbackMove = "revise_plan" | "request_changes";

const plainWords: Record<PlainMove, string> = {
  unassign: "Unassign",
  approve_plan: "Approve plan",
  approve: "Approve",
};
const feedbackWords: Record<FeedbackMove, { button: string; help: string }> = {
  revise_plan: {
    button: "Revise plan",
    help: "What the plan should do otherwise. The worker gets it and plans again.",
  },
  request_changes: { button: "Request changes", help: "What should change. It is typed into the worker's session." },
};

/** A move that shows the task as the hub answered it. */
function useMove<Input>(move: (input: Input) => Promise<Task>) {
  const queries = useQueryClient();
  return useMutation({ mutationFn: move, onSuccess: (task) => showMoved(queries, task) });
}

function FeedbackDialog({ task, move }: { task: Task; move: FeedbackMove }) {
  const [open, setOpen] = useState(false);
  const [feedback, setFeedback] = useState("");
  const send = useMove(() => taskMoves[move]({ project: task.project_id, task: task.id }, feedback.trim()));
  const { button, help } = feedbackWords[move];
  return (
    <Dialog title={button} trigger={<Button>{button}</Button>} open={open} onOpenChange={setOpen}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          send.mutate(undefined, { onSuccess: () => setOpen(false) });
        }}
      >
        <Field label="Feedback" help={help}>
          {(control) => (
            <Textarea {...control} value={feedback} onChange={(event) => setFeedback(event.target.value)} />
          )}
        </Field>
        {send.error ? <ErrorState error={send.error} /> : null}
        <div className="flex justify-end">
          <Button type="submit" variant="primary" disabled={!feedback.trim()} pending={send.isPending}>
            {button}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function CancelDialog({ task }: { task: Task }) {
  const [open, setOpen] = useState(false);
  const cancel = useMove(() => taskMoves.cancel({ project: task.project_id, task: task.id }));
  const waiting = task.dependents.filter(({ resolved }) => !resolved).length;
  return (
    <Dialog
      title={`Cancel ${task.key}?`}
      description={`The worker is told to stop and its right to this task ends. Child tasks are cancelled too.${
        waiting > 0 ? ` ${waiting === 1 ? "One task waits" : `${waiting} tasks wait`} for it and will not start.` : ""
      }`}
      trigger={<Button variant="danger">Cancel</Button>}
      open={open}
      onOpenChange={setOpen}
    >
      {cancel.error ? <ErrorState className="mb-4" error={cancel.error} /> : null}
      <div className="flex justify-end gap-2">
        <Button onClick={() => setOpen(false)}>Keep it</Button>
        <Button
          variant="danger"
          pending={cancel.isPending}
          onClick={() => cancel.mutate(undefined, { onSuccess: () => setOpen(false) })}
        >
          Cancel task
        </Button>
      </div>
    </Dialog>
  );
}

/** Buttons for the moves that the lifecycle allows a person from here. */
export function TaskActions({ task }: { task: Task }) {
  const plain = useMove((move: PlainMove) => taskMoves[move]({ project: task.project_id, task: task.id }));
  const may = (move: string) => task.moves.includes(move);
  const button = (move: PlainMove, variant: "primary" | "secondary" = "secondary") =>
    may(move) ? (
      <Button variant={variant} pending={plain.isPending} onClick={() => plain.mutate(move)}>
        {plainWords[move]}
      </Button>
    ) : null;
  return (
    <>
      {button("approve_plan", "primary")}
      {may("revise_plan") ? <FeedbackDialog task={task} move="revise_plan" /> : null}
      {button("approve", "primary")}
      {may("request_changes") ? <FeedbackDialog task={task} move="request_changes" /> : null}
      {may("assign") && task.type !== "epic" ? <AssignDialog task={task} /> : null}
      {button("unassign")}
      {may("cancel") ? <CancelDialog task={task} /> : null}
      {plain.error ? <ErrorState className="basis-full" error={plain.error} /> : null}
    </>
  );
}
