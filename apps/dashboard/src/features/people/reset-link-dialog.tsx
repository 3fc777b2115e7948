"use client";
import type { Account } from "@orchestratia/protocol/users";
import { useMutation } from "@tanstack/react-query";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { ShownLink } from "../invitations/shown-link.tsx";
import { makeResetLink } from "./people-queries.ts";

/** Makes a link with which somebody sets a new password, and shows it once. */
export function ResetLinkDialog({ account, onClose }: { account: Account; onClose: () => void }) {
  const make = useMutation({ mutationFn: () => makeResetLink(account) });
  return (
    <Dialog
      title={`New password for ${account.name}`}
      description="Whoever opens the link sets the password, and every sign-in of the account ends. Until then all stays as it is, but for a link made earlier."
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
    >
      {make.data ? (
        <ShownLink link={make.data.link} until={new Date(make.data.expires_at).toLocaleString()} onClose={onClose} />
      ) : (
        <div className="space-y-4">
          {make.error ? <ErrorState error={make.error} /> : null}
          <div className="flex justify-end gap-2">
            <Button onClick={onClose}>Cancel</Button>
            <Button variant="primary" pending={make.isPending} onClick={() => make.mutate()}>
              Make the link
            </Button>
          </div>
        </div>
      )}
    </Dialog>
  );
}
