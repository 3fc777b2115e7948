"use client";
import type { Member } from "@orchestratia/protocol/members";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import { useQueryClient } from "@tanstack/react-query";
import { Badge } from "../../ui/badge.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { RevokeButton } from "../servers/revoke-button.tsx";
import { changeRole, removeMember } from "./member-queries.ts";
import { changeWords, roleOf, roleWord } from "./member-words.ts";
import { RoleChange } from "./role-change.tsx";
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
      {settles ? (
        <RoleChange
          key={role}
          label={`Role of ${name}`}
          role={role}
          roleOf={roleOf}
          words={(to) => changeWords(name, isMe, to)}
          change={(to) => changeRole(queries, project, member, to)}
        >
          <RoleOptions />
        </RoleChange>
      ) : null}
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
