"use client";
import { Suspense, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { useProject } from "../projects/project-context.tsx";
import { RegistrationTokensDialog } from "./lazy-dialogs.ts";

export function RegistrationTokensButton() {
  const { project } = useProject();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button aria-haspopup="dialog" onClick={() => setOpen(true)}>
        Tokens
      </Button>
      {open ? (
        <Suspense fallback={null}>
          <RegistrationTokensDialog project={project} onClose={() => setOpen(false)} />
        </Suspense>
      ) : null}
    </>
  );
}
