"use client";
import type { Project } from "@orchestratia/protocol/projects";
import type { ProjectRole } from "@orchestratia/protocol/vocabulary";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Input } from "../../ui/control.tsx";
import { CopyField } from "../../ui/copy-field.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Field } from "../../ui/field.tsx";
import { emailRule, focusFirstProblem } from "../account/form-errors.ts";
import { invite } from "./member-queries.ts";
import { RoleField } from "./role-field.tsx";

/** Makes a link to the project and shows it once. */
export function InviteDialog({ project, onClose }: { project: Project; onClose: () => void }) {
  const queries = useQueryClient();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<ProjectRole>("member");
  const [error, setError] = useState<string>();
  const only = email.trim();
  const make = useMutation({
    mutationFn: () => invite(queries, project.id, { role, ...(only ? { email: only } : {}) }),
  });
  return (
    <Dialog
      title={make.data ? "Your invitation" : "Invite to the project"}
      description={
        make.data
          ? `For ${make.data.email ?? "whoever has the link"}, to the project ${project.name}.`
          : `A link to the project ${project.name}; whoever has no account yet makes one with it.`
      }
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
    >
      {make.data ? (
        <div className="space-y-4" data-testid="new-invitation">
          <CopyField label="Link" text={make.data.link} />
          <p className="text-sm text-ink-soft">
            It is not shown again, and nobody sends it for you. It serves once, until{" "}
            {new Date(make.data.expires_at).toLocaleDateString()}.
          </p>
          <div className="flex justify-end">
            <Button variant="primary" onClick={onClose}>
              Done
            </Button>
          </div>
        </div>
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
          <RoleField role={role} onChange={setRole} />
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
