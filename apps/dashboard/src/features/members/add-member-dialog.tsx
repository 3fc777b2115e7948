"use client";
import type { Project } from "@orchestratia/protocol/projects";
import type { ProjectRole } from "@orchestratia/protocol/vocabulary";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Input } from "../../ui/control.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Field } from "../../ui/field.tsx";
import { emailRule, focusFirstProblem } from "../account/form-errors.ts";
import { addMember } from "./member-queries.ts";
import { RoleField } from "./role-field.tsx";

/** Gives somebody who has an account on this hub a role in the project. */
export function AddMemberDialog({ project, onClose }: { project: Project; onClose: () => void }) {
  const queries = useQueryClient();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<ProjectRole>("member");
  const [error, setError] = useState<string>();
  const add = useMutation({
    mutationFn: () => addMember(queries, project.id, { email: email.trim(), role }),
    onSuccess: onClose,
  });
  return (
    <Dialog
      title="Add somebody"
      description={`To the project ${project.name}. Whoever has no account here needs an invitation instead.`}
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
    >
      <form
        noValidate
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          const found = emailRule(email);
          setError(found);
          if (found) focusFirstProblem(event);
          else add.mutate();
        }}
      >
        <Field label="E-mail address" error={error} help="The one that they sign in with.">
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
        {add.error ? <ErrorState error={add.error} /> : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" pending={add.isPending}>
            Add
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
