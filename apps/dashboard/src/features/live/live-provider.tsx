"use client";
import { DashboardSocket, type SocketState } from "@orchestratia/client/dashboard-socket";
import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { createFactReader } from "./fact-reader.ts";
import { createTopicCounter, type TopicCounter } from "./topic-counter.ts";

type Live = { state: SocketState; socket: DashboardSocket; topics: TopicCounter };

const LiveLink = createContext<Live | null>(null);

const socketUrl = () =>
  `${window.location.protocol === "https:" ? "wss" : "ws"}://${window.location.host}/ws/dashboard`;

/** The page's one connection to the hub's facts and terminals; undefined until it is being made. */
export const useLive = (): Live | null => useContext(LiveLink);

/** Keeps the cache in step with a topic for as long as the caller is on screen. */
export function useTopic(topic: string | undefined): void {
  const topics = useLive()?.topics;
  useEffect(() => (topics && topic ? topics.hold(topic) : undefined), [topics, topic]);
}

export function LiveProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [link, setLink] = useState<{ socket: DashboardSocket; topics: TopicCounter } | null>(null);
  const [state, setState] = useState<SocketState>("connecting");

  useEffect(() => {
    const reader = createFactReader(queries);
    const socket = new DashboardSocket({ url: socketUrl(), onState: setState, onFrame: reader.read });
    setLink({ socket, topics: createTopicCounter(socket) });
    return () => {
      reader.stop();
      socket.close();
      setLink(null);
      setState("connecting");
    };
  }, [queries]);

  const live = useMemo(() => (link ? { ...link, state } : null), [link, state]);
  return <LiveLink value={live}>{children}</LiveLink>;
}
