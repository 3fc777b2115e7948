import type { Metadata } from "next";
import { WorktreesPage } from "../../../../features/worktrees/worktrees-page.tsx";

export const metadata: Metadata = { title: "Worktrees" };

export default function Page() {
  return <WorktreesPage />;
}
