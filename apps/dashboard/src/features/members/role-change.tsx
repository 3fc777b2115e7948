"use client";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Select } from "../../ui/control.tsx";
import { ErrorState } from "../../ui/error-state.tsx";

type RoleChangeProps<Role extends string> = {
  /** For whoever does not see the row: "Role of Ada". */
  label: string;
  role: Role;
  roleOf: (value: string) => Role;
  /** What will be so after the change, in a sentence. */
  words: (to: Role) => string;
  change: (to: Role) => Promise<void>;
  /** The options. */
  children: ReactNode;
};

/** Another role is chosen first and given after that: the arrow keys go through them all. */
export function RoleChange<Role extends string>({
  label,
  role,
  roleOf,
  words,
  change,
  children,
}: RoleChangeProps<Role>) {
  const [chosen, setChosen] = useState<Role>(role);
  const changing = useMutation({ mutationFn: change, onError: () => setChosen(role) });
  return (
    <>
      <Select
        className="w-28"
        aria-label={label}
        disabled={changing.isPending}
        value={chosen}
        onChange={({ target }) => {
          changing.reset();
          setChosen(roleOf(target.value));
        }}
      >
        {children}
      </Select>
      {chosen === role ? null : (
        <div className="order-last flex basis-full flex-wrap items-center justify-end gap-2 rounded-control bg-sunken px-3 py-2">
          <p role="status" className="min-w-40 flex-1 text-sm">
            {words(chosen)}
          </p>
          <Button disabled={changing.isPending} onClick={() => setChosen(role)}>
            Keep the role
          </Button>
          <Button variant="primary" pending={changing.isPending} onClick={() => changing.mutate(chosen)}>
            Change now
          </Button>
        </div>
      )}
      {changing.error ? <ErrorState className="order-last basis-full" error={changing.error} /> : null}
    </>
  );
}
