"use client";
import { isSettled } from "@orchestratia/domain/task-lifecycle";
import type { Task } from "@orchestratia/protocol/tasks";
import { Suspense, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { AssignDialog, EditTaskDialog, MoveDialog } from "./lazy-dialogs.ts";
import { MOVE_OFFERS, type OfferedMove, offersOf, placesOf } from "./move-offers.ts";
import { MovesMenu } from "./moves-menu.tsx";
import { useMove } from "./use-move.ts";

type Opened = { dialog: "assign" } | { dialog: "edit" } | { dialog: "move"; move: OfferedMove };

/** Buttons for the moves that the hub allows this person now. A dialog stays open when the task moves on under it. */
export function TaskActions({ task }: { task: Task }) {
  const [opened, setOpened] = useState<Opened>();
  const make = useMove(task);
  const close = () => setOpened(undefined);
  const { row, menu } = placesOf(offersOf(task));
  const press = (move: OfferedMove) => {
    make.reset();
    if (MOVE_OFFERS[move].asks) setOpened({ dialog: "move", move });
    else make.mutate({ move });
  };
  const button = (move: OfferedMove) => {
    const { button: word, look, hint, asks } = MOVE_OFFERS[move];
    return (
      <Button
        key={move}
        title={hint}
        variant={look ?? "secondary"}
        data-move={move}
        aria-haspopup={asks ? "dialog" : undefined}
        pending={make.isPending && make.variables.move === move}
        disabled={make.isPending}
        onClick={() => press(move)}
      >
        {word}
      </Button>
    );
  };
  return (
    <>
      {row.map(button)}
      {isSettled(task.status) ? null : (
        <Button aria-haspopup="dialog" onClick={() => setOpened({ dialog: "edit" })}>
          Edit
        </Button>
      )}
      {task.moves.includes("assign") ? (
        <Button aria-haspopup="dialog" onClick={() => setOpened({ dialog: "assign" })}>
          {task.status === "assigned" ? "Assign elsewhere" : "Assign"}
        </Button>
      ) : null}
      {menu.length === 1 ? menu.map(button) : null}
      {menu.length > 1 ? (
        <MovesMenu
          moves={menu}
          pending={make.isPending && menu.some((move) => move === make.variables.move)}
          onChoose={press}
        />
      ) : null}
      {make.error ? <ErrorState className="basis-full" error={make.error} /> : null}
      <Suspense fallback={null}>
        {opened?.dialog === "move" ? <MoveDialog task={task} move={opened.move} onClose={close} /> : null}
        {opened?.dialog === "assign" ? <AssignDialog task={task} onClose={close} /> : null}
        {opened?.dialog === "edit" ? <EditTaskDialog task={task} onClose={close} /> : null}
      </Suspense>
    </>
  );
}
