"use client";
import type { Server } from "@orchestratia/protocol/servers";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Select } from "../../ui/control.tsx";
import { CopyField } from "../../ui/copy-field.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Field } from "../../ui/field.tsx";
import { rotateKey } from "./grant-queries.ts";

const overlaps = [
  { seconds: 0, word: "End at once" },
  { seconds: 3600, word: "Go on for an hour" },
  { seconds: 86_400, word: "Go on for a day" },
  { seconds: 604_800, word: "Go on for a week" },
];

/** Makes another key and shows it once. */
export function RotateKeyForm({ server, onMade }: { server: Server; onMade: () => void }) {
  const [seconds, setSeconds] = useState(86_400);
  const rotate = useMutation({ mutationFn: () => rotateKey(server, seconds), onSuccess: onMade });
  return (
    <div className="space-y-3">
      <form
        className="flex flex-wrap items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          rotate.mutate();
        }}
      >
        <div className="min-w-40 flex-1">
          <Field label="When there is another one, those before">
            {(control) => (
              <Select {...control} value={seconds} onChange={(event) => setSeconds(Number(event.target.value))}>
                {overlaps.map((each) => (
                  <option key={each.seconds} value={each.seconds}>
                    {each.word}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        </div>
        <Button type="submit" pending={rotate.isPending}>
          Make another key
        </Button>
      </form>
      {seconds === 0 ? <p className="text-sm text-ink-soft">The daemon is cut off until it has the new key.</p> : null}
      {rotate.error ? <ErrorState error={rotate.error} /> : null}
      {rotate.data ? (
        <div className="space-y-1.5" data-testid="new-key">
          <CopyField label="New key" text={rotate.data.api_key} />
          <p className="text-sm text-ink-soft">
            It is not shown again. Put it in place of this server's <code className="font-mono text-xs">api_key</code>{" "}
            in <code className="font-mono text-xs">agent.yaml</code> on {server.name}; the daemon there notices. The
            others end {new Date(rotate.data.others_expire_at).toLocaleString()} at the latest.
          </p>
        </div>
      ) : null}
    </div>
  );
}
