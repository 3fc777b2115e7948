import type { Metadata } from "next";
import { Suspense } from "react";
import { TaskListPage } from "../../../features/tasks/task-list-page.tsx";

export const metadata: Metadata = { title: "Tasks" };

export default function Page() {
  return (
    <Suspense>
      <TaskListPage />
    </Suspense>
  );
}
