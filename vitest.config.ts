import { defineConfig } from "vitest/config";

const conditions = ["development"];
const resolve = { resolve: { conditions }, ssr: { resolve: { conditions } } };

/** They run whole instances, each for itself: `vitest run --project start`. */
const start = ["scripts/start.test.ts", "scripts/demo.test.ts"];
const browser = ["scripts/browser/**/*.test.ts"];
/** With the real agents: `npm run test:agents`. */
const agents = ["scripts/agents/**/*.test.ts"];
const WHOLE_INSTANCE_MS = 300_000;

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        ...resolve,
        test: {
          name: "unit",
          include: ["{apps,packages}/*/src/**/*.test.ts", "benches/**/*.test.ts", "scripts/**/*.test.ts"],
          exclude: ["**/node_modules/**", ...start, ...browser, ...agents],
          globalSetup: ["apps/hub/src/testing/global-setup.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: { name: "start", include: start, testTimeout: WHOLE_INSTANCE_MS, hookTimeout: WHOLE_INSTANCE_MS },
      },
      {
        ...resolve,
        test: {
          name: "agents",
          include: agents,
          globalSetup: ["apps/hub/src/testing/global-setup.ts"],
          testTimeout: WHOLE_INSTANCE_MS,
          hookTimeout: WHOLE_INSTANCE_MS,
        },
      },
      {
        ...resolve,
        test: { name: "browser", include: browser, testTimeout: WHOLE_INSTANCE_MS, hookTimeout: WHOLE_INSTANCE_MS },
      },
    ],
  },
});
