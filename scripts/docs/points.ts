import { MATCH_POINTS } from "../../packages/domain/src/matching.ts";
import { table } from "./markdown.ts";

const CRITERIA: Readonly<Record<keyof typeof MATCH_POINTS, [asked: string, counts: string]>> = {
  repo: ["`repo`", "the server has it; **required**"],
  languages: ["`languages`", "the server has all of them; **required**"],
  environments: ["`environments`", "the server has at least one of them; **required**"],
  tool: ["`tools`", "each one that the server has"],
  tag: ["`tags`", "each one that the server has"],
  preferServer: ["`prefer_server`", "the server has this name or id"],
  online: ["-", "the server is reachable"],
  capacity: ["-", "the server has a free place"],
};

/** What a server scores for what a task asks. */
export function pointsTable(): string {
  const rows = Object.entries(MATCH_POINTS).map(([criterion, points]) => {
    const words = CRITERIA[criterion as keyof typeof MATCH_POINTS];
    if (!words) throw new Error(`scripts/docs/points.ts has no words for "${criterion}"`);
    return [...words, `+${points}`];
  });
  return table(["the task asks for", "points when", "points"], rows);
}
