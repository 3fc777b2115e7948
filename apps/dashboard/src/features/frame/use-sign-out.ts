import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { flushSync } from "react-dom";
import { leave } from "../account/account-queries.ts";

/**
 * The way out of a page that reads the hub. The page goes first, and what it still asks goes with it: the hub would
 * refuse what arrives after the sign-out. `isLeaving` stays true while there is an `error`.
 */
export function useSignOut() {
  const queries = useQueryClient();
  const [isLeaving, setLeaving] = useState(false);
  const signOut = useMutation({ mutationFn: () => leave(queries), onSuccess: () => setLeaving(false) });
  return {
    isLeaving,
    error: signOut.error,
    leave: () => {
      flushSync(() => setLeaving(true));
      signOut.mutate();
    },
    stay: () => setLeaving(false),
  };
}
