import type { TaskDiff } from "@orchestratia/protocol/operations/workspaces";

/** What a task has changed, as the hub tells it. */
export const sampleDiff = (at: string): TaskDiff => ({
  branch: "orc/DEMO-3",
  base_commit: "9fceb02d0ae598e95dc970b74767f19372d61af8",
  head: "b1946ac92492d2347c6235b4d2611184ac4f1f8e",
  dirty: true,
  files: [
    {
      path: "src/client.ts",
      old_path: null,
      status: "modified" as const,
      binary: false,
      additions: 1,
      deletions: 1,
      uncommitted: true,
      hunks: "@@ -1 +1 @@\n-old\n+new\n",
      cut: false,
    },
  ],
  files_total: 1,
  additions: 1,
  deletions: 1,
  commits: [{ id: "b1946ac92492d2347c6235b4d2611184ac4f1f8e", author: "Ada", at, subject: "Write the client" }],
  commits_total: 1,
  taken_at: at,
  source: "checkout" as const,
});
