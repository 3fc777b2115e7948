import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { frameAccessTable, machineAccessTable, peopleAccessTable } from "./access.ts";
import { activityTable } from "./activity.ts";
import {
  closeCodeTable,
  daemonFrameTable,
  dashboardFrameTable,
  hubFrameTable,
  newDaemonFrameTable,
  newHubFrameTable,
  viewerFrameTable,
} from "./frames.ts";
import { lifecycleDiagram, moveTable } from "./lifecycle.ts";
import { frameLimits, terminalKindTable } from "./limits.ts";
import { operationTable, problemTable } from "./operations.ts";
import { type Parts, withParts } from "./parts.ts";
import { pointsTable } from "./points.ts";
import { settingsTable } from "./settings.ts";

/** What is made anew from the code, page by page. */
const PAGES: Readonly<Record<string, () => Parts>> = {
  "docs/concepts.md": () => ({
    "task lifecycle": lifecycleDiagram(),
    "task moves": moveTable(),
    "matching points": pointsTable(),
    "project settings": settingsTable(),
  }),
  "docs/api.md": () => ({
    "operations for everybody": operationTable("public"),
    "operations for people": operationTable("people"),
    "operations for daemons": operationTable("daemons"),
    "operations for agents": operationTable("agents"),
    problems: problemTable(),
  }),
  "docs/protocol.md": () => ({
    "frames from the daemon": daemonFrameTable(),
    "frames to the daemon": hubFrameTable(),
    "new frames from the daemon": newDaemonFrameTable(),
    "new frames to the daemon": newHubFrameTable(),
    "frames from the viewer": viewerFrameTable(),
    "frames to the viewer": dashboardFrameTable(),
    "kinds of binary frames": terminalKindTable(),
    "close codes": closeCodeTable(),
    "frame limits": frameLimits(),
    facts: activityTable(),
  }),
  "docs/security.md": () => ({
    "access of people": peopleAccessTable(),
    "access of machines": machineAccessTable(),
    "access of frames": frameAccessTable(),
  }),
};

const project = fileURLToPath(new URL("../..", import.meta.url));

/** The pages below `root` that do not say what the code says. */
export async function stalePages(root = project): Promise<string[]> {
  return (await readPages(root)).filter(({ is, shouldBe }) => is !== shouldBe).map(({ page }) => page);
}

/** Writes what is stale; answers which pages that were. */
export async function writePages(root = project): Promise<string[]> {
  const stale = (await readPages(root)).filter(({ is, shouldBe }) => is !== shouldBe);
  for (const { page, shouldBe } of stale) await writeFile(path.join(root, page), shouldBe);
  return stale.map(({ page }) => page);
}

function readPages(root: string): Promise<{ page: string; is: string; shouldBe: string }[]> {
  return Promise.all(
    Object.entries(PAGES).map(async ([page, parts]) => {
      const is = await readFile(path.join(root, page), "utf8");
      try {
        return { page, is, shouldBe: withParts(is, parts()) };
      } catch (error) {
        throw new Error(`${page}: ${(error as Error).message}`);
      }
    }),
  );
}
