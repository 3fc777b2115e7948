import { describe, expect, test } from "vitest";
import type { z } from "zod";
import { ACTIVITY_DETAILS } from "./activity.ts";
import { DashboardFrame, ViewerFrame } from "./dashboard-link.ts";
import activityDetails from "./golden/activity-details.json" with { type: "json" };
import daemonFrames from "./golden/daemon-frames.json" with { type: "json" };
import dashboardFrames from "./golden/dashboard-frames.json" with { type: "json" };
import hubFrames from "./golden/hub-frames.json" with { type: "json" };
import viewerFrames from "./golden/viewer-frames.json" with { type: "json" };
import { DaemonFrame, HubFrame } from "./server-link.ts";

/**
 * Each file holds one complete frame (or fact) of every kind as it is on the wire. A field that is renamed, dropped or
 * narrowed changes what comes out of the schema, and old clients and old rows would notice before we do.
 */
const links = [
  ["daemon → hub", DaemonFrame, daemonFrames],
  ["hub → daemon", HubFrame, hubFrames],
  ["viewer → hub", ViewerFrame, viewerFrames],
  ["hub → viewer", DashboardFrame, dashboardFrames],
] as const;

const typeOf = (frame: z.ZodObject) => [...(frame.shape.type as z.ZodLiteral<string>).values][0];

describe.each(links)("%s", (_, union, frames) => {
  test("has a golden frame of every type, and no other", () => {
    const types = (union.options as readonly z.ZodObject[]).map(typeOf);
    expect(Object.keys(frames).sort()).toEqual(types.sort());
  });

  test.each(Object.entries(frames))("%s passes through unchanged, with every field it can have", (type, frame) => {
    expect(frame.type).toBe(type);
    expect(union.parse(frame)).toEqual(frame);
    const shape = (union.options as readonly z.ZodObject[]).find((option) => typeOf(option) === type)?.shape ?? {};
    expect(Object.keys(frame).sort()).toEqual(Object.keys(shape).sort());
  });

  test("of a type that nobody knows is refused, not misread", () => {
    expect(union.safeParse({ type: "from_the_future" }).success).toBe(false);
  });
});

test("there is a golden fact of every kind", () => {
  expect(Object.keys(activityDetails)).toEqual(Object.keys(ACTIVITY_DETAILS));
});

test.each(Object.entries(activityDetails))("a recorded %s can still be read", (type, details) => {
  expect(ACTIVITY_DETAILS[type as keyof typeof ACTIVITY_DETAILS].parse(details)).toEqual(details);
});
