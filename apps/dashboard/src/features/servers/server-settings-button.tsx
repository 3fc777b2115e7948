"use client";
import type { Server } from "@orchestratia/protocol/servers";
import { Suspense, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { ServerSettingsDialog } from "./lazy-dialogs.ts";

export function ServerSettingsButton({ server }: { server: Server }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button aria-haspopup="dialog" onClick={() => setOpen(true)}>
        Limit and keys<span className="sr-only"> of {server.name}</span>
      </Button>
      {open ? (
        <Suspense fallback={null}>
          <ServerSettingsDialog server={server} onClose={() => setOpen(false)} />
        </Suspense>
      ) : null}
    </>
  );
}
