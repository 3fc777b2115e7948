import { lazy } from "react";

/** What is shown only on demand comes with the first wish for it. */
export const MoveDialog = lazy(() => import("./move-dialog.tsx").then((it) => ({ default: it.MoveDialog })));
export const AssignDialog = lazy(() => import("./assign-dialog.tsx").then((it) => ({ default: it.AssignDialog })));
export const EditTaskDialog = lazy(() =>
  import("./edit-task-dialog.tsx").then((it) => ({ default: it.EditTaskDialog })),
);
export const NewTaskDialog = lazy(() => import("./new-task-dialog.tsx").then((it) => ({ default: it.NewTaskDialog })));
