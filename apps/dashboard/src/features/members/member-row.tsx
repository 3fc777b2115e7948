"use client";
import type { Member } from "@orchestratia/protocol/members";
import type { ProjectId, ProjectRole } from "@orchestratia/protocol/vocabulary";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Select } from "../../ui/control.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { RevokeButton } from "../servers/revoke-button.tsx";
import { changeRole, removeMember } from "./member-queries.ts";
import { changeWords, roleOf, roleWord } from "./member-words.ts";
import { RoleOptions } from "./role-field.tsx";

type MemberRowProps = { project: ProjectId; member: Member; isMe: boolean; settles: boolean };

export function MemberRow({ project, member, isMe, settles }: MemberRowProps) {
  const queries = useQueryClient();
  const { name, email, role, since } = member;
  return (
    <li data-testid="member" className="flex min-h-14 flex-wrap items-center gap-x-3 gap-y-1.5 py-2">
      <div className="min-w-0 flex-1 basis-52">
        <p className="flex flex-wrap items-center gap-x-2 text-sm">
          <span className="min-w-0 font-medium break-words">{name}</span>
          {isMe ? <Badge>You</Badge> : null}
        </p>
        <p className="text-xs break-words text-ink-faint">
          {email}; in the project since <TimeAgo at={since} />
        </p>
      </div>
      {settles ? <RoleChange key={role} project={project} member={member} isMe={isMe} /> : null}
      {settles ? null : <span className="text-sm text-ink-soft">{roleWord[role]}</span>}
      {settles && !isMe ? (
        <RevokeButton
          verb="Remove"
          keep="Keep them"
          what={`${name} from the project`}
          consequence={`${name} is out of the project at once. What they have done in it stays.`}
          revoke={() => removeMember(queries, project, member)}
        />
      ) : null}
    </li>
  );
}

type RoleChangeProps = Omit<MemberRowProps, "settles">;

/** Another role is chosen first and given after that: the arrow keys go through them all. */
function RoleChange({ project, member, isMe }: RoleChangeProps) {
  const queries = useQueryClient();
  const [chosen, setChosen] = useState<ProjectRole>(member.role);
  const change = useMutation({
    mutationFn: (role: ProjectRole) => changeRole(queries, project, member, role),
    onError: () => setChosen(member.role),
  });
  return (
    <>
      <Select
        className="w-28"
        aria-label={`Role of ${member.name}`}
        disabled={change.isPending}
        value={chosen}
        onChange={({ target }) => {
          change.reset();
          setChosen(roleOf(target.value));
        }}
      >
        <RoleOptions />
      </Select>
      {chosen === member.role ? null : (
        <div className="order-last flex basis-full flex-wrap items-center justify-end gap-2 rounded-control bg-sunken px-3 py-2">
          <p role="status" className="min-w-40 flex-1 text-sm">
            {changeWords(member.name, isMe, chosen)}
          </p>
          <Button disabled={change.isPending} onClick={() => setChosen(member.role)}>
            Keep the role
          </Button>
          <Button variant="primary" pending={change.isPending} onClick={() => change.mutate(chosen)}>
            Change now
          </Button>
        </div>
      )}
      {change.error ? <ErrorState className="order-last basis-full" error={change.error} /> : null}
    </>
  );
}
