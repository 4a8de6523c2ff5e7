import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Integration tests start real nodes: on two cores, more files at once only makes each slower.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    retry: 0,
    // A test marked `only` or left out by mistake must not pass for a full run.
    allowOnly: false,
    reporters: ["default", "./test/support/closing-line-reporter.ts"],
  },
});
