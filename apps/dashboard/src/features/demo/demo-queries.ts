import { runDemo, viewDemo } from "@orchestratia/protocol/operations/people";
import { queryOptions } from "@tanstack/react-query";
import { hub, isMissing } from "../hub/hub-client.ts";

/** The newest pipeline of the demo; null on a hub that has no demo. */
export const demoQuery = queryOptions({
  queryKey: ["demo"],
  queryFn: async ({ signal }) => {
    try {
      return await hub.call(viewDemo, { signal });
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  },
});

export const startDemo = () => hub.call(runDemo);
