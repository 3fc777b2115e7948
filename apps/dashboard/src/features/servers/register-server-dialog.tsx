"use client";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { CopyField } from "../../ui/copy-field.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { useProject } from "../projects/project-context.tsx";
import { makeRegistrationToken } from "./server-queries.ts";

/** Makes a one-time token and shows the line to paste on the machine. */
export function RegisterServerDialog({ trigger }: { trigger: ReactNode }) {
  const { project } = useProject();
  const [open, setOpen] = useState(false);
  const make = useMutation({ mutationFn: () => makeRegistrationToken(project.id) });
  const change = (next: boolean) => {
    setOpen(next);
    if (next) make.mutate();
    else make.reset();
  };
  return (
    <Dialog
      wide
      title="Register a server"
      description={`Paste this line on the machine that should work for ${project.name}. It registers the agent daemon there; the server appears in the list as soon as it connects.`}
      trigger={trigger}
      open={open}
      onOpenChange={change}
    >
      <div className="min-h-28 space-y-3">
        {make.error ? <ErrorState error={make.error} onRetry={() => make.mutate()} /> : null}
        {make.isPending ? (
          <>
            <Skeleton className="h-5 w-32" />
            <Skeleton className="h-10" />
          </>
        ) : null}
        {make.data ? (
          <>
            <CopyField label="Line to paste" text={make.data.command} />
            <p className="text-sm text-ink-soft">
              The token in it works once, until {new Date(make.data.expires_at).toLocaleString()}. It is not shown
              again.
            </p>
          </>
        ) : null}
      </div>
    </Dialog>
  );
}
