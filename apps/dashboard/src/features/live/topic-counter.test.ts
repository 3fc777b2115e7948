import { expect, test } from "vitest";
import { createTopicCounter } from "./topic-counter.ts";

test("a topic that two parts of the page hold is asked for once and left with the last", () => {
  const asked: string[] = [];
  const topics = createTopicCounter({
    subscribe: (topic) => asked.push(`+${topic}`),
    unsubscribe: (topic) => asked.push(`-${topic}`),
  });
  const first = topics.hold("inbox");
  const second = topics.hold("inbox");
  first();
  expect(asked).toEqual(["+inbox"]);
  second();
  topics.hold("inbox");
  expect(asked).toEqual(["+inbox", "-inbox", "+inbox"]);
});
