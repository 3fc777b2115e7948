"use client";
import type { ProjectRole } from "@orchestratia/protocol/vocabulary";
import { Select } from "../../ui/control.tsx";
import { Field } from "../../ui/field.tsx";
import { roleHelp, roleOf, roles, roleWord } from "./member-words.ts";

export const RoleOptions = () =>
  roles.map((role) => (
    <option key={role} value={role}>
      {roleWord[role]}
    </option>
  ));

/** The role that somebody is to have, with what it is for. */
export function RoleField({ role, onChange }: { role: ProjectRole; onChange: (role: ProjectRole) => void }) {
  return (
    <Field label="Role in the project" help={roleHelp[role]}>
      {(control) => (
        <Select {...control} value={role} onChange={({ target }) => onChange(roleOf(target.value))}>
          <RoleOptions />
        </Select>
      )}
    </Field>
  );
}
