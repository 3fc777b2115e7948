"use client";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Input } from "../../ui/control.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Field } from "../../ui/field.tsx";
import { emailRule, focusFirstProblem } from "../account/form-errors.ts";
import { ShownLink } from "./shown-link.tsx";

type InviteDialogProps = {
  /** To what the link is: "the project Shelves". */
  to: string;
  make: (given: { email?: string }) => Promise<{ email: string | null; link: string; expires_at: string }>;
  onClose: () => void;
  /** The fields that say what whoever takes it becomes. */
  children: ReactNode;
};

/** Makes a link and shows it once. */
export function InviteDialog({ to, make: makeLink, onClose, children }: InviteDialogProps) {
  const [email, setEmail] = useState("");
  const [error, setError] = useState<string>();
  const only = email.trim();
  const make = useMutation({ mutationFn: () => makeLink(only ? { email: only } : {}) });
  return (
    <Dialog
      title={make.data ? "Your invitation" : `Invite to ${to}`}
      description={
        make.data
          ? `For ${make.data.email ?? "whoever has the link"}, to ${to}.`
          : "Makes a link; whoever has no account yet makes one with it."
      }
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
    >
      {make.data ? (
        <ShownLink
          link={make.data.link}
          until={new Date(make.data.expires_at).toLocaleDateString()}
          onClose={onClose}
        />
      ) : (
        <form
          noValidate
          className="space-y-4"
          onSubmit={(event) => {
            event.preventDefault();
            const found = only ? emailRule(only) : undefined;
            setError(found);
            if (found) focusFirstProblem(event);
            else make.mutate();
          }}
        >
          <Field
            label="E-mail address (optional)"
            error={error}
            help="Whom alone the link is for. Without it, it is for whoever has the link."
          >
            {(control) => (
              <Input
                {...control}
                type="email"
                autoComplete="off"
                maxLength={254}
                value={email}
                onChange={({ target }) => setEmail(target.value)}
              />
            )}
          </Field>
          {children}
          {make.error ? <ErrorState error={make.error} /> : null}
          <div className="flex justify-end gap-2">
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" variant="primary" pending={make.isPending}>
              Make the link
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
