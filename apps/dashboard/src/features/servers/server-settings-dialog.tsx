"use client";
import type { Server } from "@orchestratia/protocol/servers";
import { Dialog } from "../../ui/dialog.tsx";
import { ServerKeys } from "./server-keys.tsx";
import { TaskLimitForm } from "./task-limit-form.tsx";

/** What the hub says of a server, and what the server signs in with. */
export const ServerSettingsDialog = ({ server, onClose }: { server: Server; onClose: () => void }) => (
  <Dialog title={server.name} open onOpenChange={(open) => (open ? undefined : onClose())}>
    <div className="space-y-5">
      <TaskLimitForm server={server} />
      <ServerKeys server={server} />
    </div>
  </Dialog>
);
