import type { DashboardSocket } from "@orchestratia/client/dashboard-socket";

export type TopicCounter = {
  /** Subscribes until the returned function is called by the last of the topic's holders. */
  hold(topic: string): () => void;
};

/** Several parts of a page may want one topic; the hub is asked once. */
export function createTopicCounter(socket: Pick<DashboardSocket, "subscribe" | "unsubscribe">): TopicCounter {
  const holders = new Map<string, number>();
  return {
    hold(topic) {
      const before = holders.get(topic) ?? 0;
      holders.set(topic, before + 1);
      if (before === 0) socket.subscribe(topic);
      return () => {
        const left = (holders.get(topic) ?? 1) - 1;
        if (left > 0) {
          holders.set(topic, left);
          return;
        }
        holders.delete(topic);
        socket.unsubscribe(topic);
      };
    },
  };
}
