import { useSyncExternalStore } from "react";

const noSubscription = () => () => undefined;

/** What `name` carries in the address; "" without it, undefined until the browser has the page. */
export function useAddressQuery(name: string): string | undefined {
  return useSyncExternalStore(
    noSubscription,
    () => new URLSearchParams(window.location.search).get(name) ?? "",
    () => undefined,
  );
}
