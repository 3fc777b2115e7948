"use client";
import type { Project } from "@orchestratia/protocol/projects";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Dialog } from "../../ui/dialog.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { GrantList } from "./grant-list.tsx";
import { registrationTokensQuery, revokeToken } from "./grant-queries.ts";
import { RevokeButton } from "./revoke-button.tsx";
import { serversQuery } from "./server-queries.ts";

/** The tokens that machines register with: who made each, and which still work. */
export function RegistrationTokensDialog({ project, onClose }: { project: Project; onClose: () => void }) {
  const queries = useQueryClient();
  const tokens = useQuery(registrationTokensQuery(project.id));
  const servers = useQuery(serversQuery(project.id));
  const nameOf = (id: string) => servers.data?.find((server) => server.id === id)?.name ?? "a server";
  return (
    <Dialog
      title="Registration tokens"
      description={`Each registers one machine with ${project.name}, once.`}
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
    >
      {tokens.isPending ? <SkeletonRows rows={3} className="px-0" /> : null}
      {tokens.error ? <ErrorState error={tokens.error} onRetry={() => void tokens.refetch()} /> : null}
      {tokens.data?.length === 0 ? (
        <EmptyState title="No tokens yet">Registering a server makes one; it shows here until it is used.</EmptyState>
      ) : null}
      {tokens.data && tokens.data.length > 0 ? (
        <GrantList
          label="Registration tokens"
          grants={tokens.data}
          name={({ created_by }) => <span className="text-sm font-medium">By {created_by.name}</span>}
          facts={({ created_at, server_id }) => (
            <>
              Made <TimeAgo at={created_at} />
              {server_id ? `, registered ${nameOf(server_id)}` : null}
            </>
          )}
          action={({ id, created_by }) => (
            <RevokeButton
              what={`the token by ${created_by.name}`}
              consequence="No machine can register with it any more."
              revoke={async () => {
                await revokeToken(project.id, id);
                await queries.invalidateQueries({ queryKey: ["registration_tokens"] });
              }}
            />
          )}
        />
      ) : null}
    </Dialog>
  );
}
