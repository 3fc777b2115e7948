import { DashboardFrame, ViewerFrame } from "@orchestratia/protocol/dashboard-link";
import { DASHBOARD_FRAMES, HUB_FRAMES, SERVER_FRAMES, VIEWER_FRAMES } from "@orchestratia/protocol/frame-access";
import { operations } from "@orchestratia/protocol/operations/all";
import { DaemonFrame, HubFrame } from "@orchestratia/protocol/server-link";
import { expect, test } from "vitest";
import { startTestHub } from "../testing/test-hub.ts";

/** What is no operation: for machines, for readers of the documentation, and what answers that nothing is there. */
const NO_OPERATIONS = [
  /^GET \/(healthz|readyz|metrics)$/,
  /^GET \/api\/docs(\/.*)?$/,
  /^GET \/api\/openapi\.json$/,
  /^GET \/ws\/(server|dashboard)$/,
  /^[A-Z]+ \/(api|ws|mcp)(\/?\*)?$/,
  /^[A-Z]+ \/metrics$/,
];

/** `METHOD /path` of each route, out of Fastify's drawing of its tree. */
function routesIn(tree: string): string[] {
  const above: string[] = [];
  return tree.split("\n").flatMap((line) => {
    const match = /^([│ ]*)[├└]── (\S*) \(([A-Z, ]+)\)$/.exec(line) ?? /^([│ ]*)[├└]── (\S*)$/.exec(line);
    if (!match) return [];
    const [, indent = "", segment = "", methods = ""] = match;
    const depth = indent.length / 4;
    above.length = depth;
    const path = above.join("") + segment;
    above.push(segment);
    return methods.split(", ").flatMap((method) => (method === "" || method === "HEAD" ? [] : [`${method} ${path}`]));
  });
}

test("every route of the hub is an operation, and every operation a route", async () => {
  await using hub = await startTestHub();
  const routes = routesIn(hub.hub.app.printRoutes({ commonPrefix: false }));
  const declared = operations.map(({ method, path }) => `${method} ${path}`);
  const others = routes.filter((route) => !declared.includes(route));
  expect(others.filter((route) => !NO_OPERATIONS.some((known) => known.test(route)))).toEqual([]);
  expect(declared.filter((line) => !routes.includes(line))).toEqual([]);
});

const frames = [
  { name: "a daemon's", union: DaemonFrame, access: SERVER_FRAMES, senders: ["anyone", "server"] },
  { name: "the hub's to a daemon", union: HubFrame, access: HUB_FRAMES, senders: ["hub"] },
  {
    name: "a viewer's",
    union: ViewerFrame,
    access: VIEWER_FRAMES,
    senders: ["anyone", "signed_in", "viewer", "member"],
  },
  { name: "the hub's to a viewer", union: DashboardFrame, access: DASHBOARD_FRAMES, senders: ["hub"] },
];

test.each(frames)("each of $name frames has a row that says who may send it", ({ union, access, senders }) => {
  const types = union.options.map(({ shape }) => shape.type.value);
  expect(Object.keys(access).sort()).toEqual([...types].sort());
  for (const sender of Object.values(access)) expect(senders).toContain(sender);
  expect(Object.entries(access).filter(([, sender]) => sender === "anyone")).toEqual(
    senders.includes("anyone") ? [["auth", "anyone"]] : [],
  );
});
