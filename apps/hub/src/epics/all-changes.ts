import type { Changes } from "../tasks/engine.ts";

/** What several parts of one transaction changed, as one. */
export const allOf = (projectId: string, changes: readonly Changes[]): Changes => ({
  projectId,
  ready: changes.flatMap(({ ready }) => ready ?? []),
  places: changes.flatMap(({ places }) => places ?? []),
  released: changes.flatMap(({ released }) => released ?? []),
  ended: changes.flatMap(({ ended }) => ended ?? []),
  placeable: changes.some(({ placeable }) => placeable === true),
  told: changes.some(({ told }) => told === true),
});
