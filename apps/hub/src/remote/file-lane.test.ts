import type { TerminalFrame } from "@orchestratia/protocol/terminal-frame";
import { expect, test } from "vitest";
import { until } from "../testing/until.ts";
import { FileLane } from "./file-lane.ts";

const frame = (session: number, offset: number): TerminalFrame => ({
  kind: 5,
  session,
  offset,
  payload: Buffer.alloc(9),
});

test("one frame at a time leaves the hub, and what waits of a run that is over does not", async () => {
  const sent: [number, number][] = [];
  const leaving: ((left: boolean) => void)[] = [];
  const lane = new FileLane(({ session, offset }) => {
    sent.push([session, offset]);
    return new Promise((resolve) => leaving.push(resolve));
  });
  for (const [session, offset] of [
    [1, 0],
    [1, 9],
    [2, 0],
    [1, 18],
  ] as const)
    lane.push(frame(session, offset));
  expect(sent).toEqual([[1, 0]]);
  lane.forget(1);
  leaving.shift()?.(false);
  await until(() => sent.length === 2);
  expect(sent[1]).toEqual([2, 0]);
  leaving.shift()?.(true);
  lane.push(frame(2, 9));
  await until(() => sent.length === 3);
  expect(sent[2]).toEqual([2, 9]);
});
