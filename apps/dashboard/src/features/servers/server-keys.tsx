"use client";
import type { Server } from "@orchestratia/protocol/servers";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ErrorState } from "../../ui/error-state.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { GrantList } from "./grant-list.tsx";
import { revokeKey, serverKeysQuery } from "./grant-queries.ts";
import { RevokeButton } from "./revoke-button.tsx";
import { RotateKeyForm } from "./rotate-key-form.tsx";

/** What the server signs in with: who it was, how long it is good, and another one. */
export function ServerKeys({ server }: { server: Server }) {
  const queries = useQueryClient();
  const keys = useQuery(serverKeysQuery(server));
  const readAgain = () => queries.invalidateQueries({ queryKey: ["server_keys"] });
  return (
    <section aria-label="Keys" className="space-y-3">
      <h3 className="text-sm font-semibold">Keys</h3>
      {keys.isPending ? <SkeletonRows rows={1} className="px-0" /> : null}
      {keys.error ? <ErrorState error={keys.error} onRetry={() => void keys.refetch()} /> : null}
      {keys.data ? (
        <GrantList
          label="Keys"
          grants={keys.data}
          name={({ prefix }) => <span className="font-mono text-xs">{prefix ? `${prefix}…` : "an older key"}</span>}
          facts={({ created_at, last_used_at }) => (
            <>
              Made <TimeAgo at={created_at} />,{" "}
              {last_used_at ? (
                <>
                  used <TimeAgo at={last_used_at} />
                </>
              ) : (
                "never used"
              )}
            </>
          )}
          action={({ id, prefix }) => (
            <RevokeButton
              what={`key ${prefix}`}
              consequence="A daemon that signed in with it is cut off at once."
              revoke={async () => {
                await revokeKey(server, id);
                await readAgain();
              }}
            />
          )}
        />
      ) : null}
      <RotateKeyForm server={server} onMade={readAgain} />
    </section>
  );
}
