import { commits } from "./store/commits.ts";
import { runTest, type StoreHarness, type TestRunner } from "./store/harness.ts";
import { journal } from "./store/journal.ts";
import { lasting } from "./store/lasting.ts";
import { outputs } from "./store/outputs.ts";
import { reads } from "./store/reads.ts";
import { records } from "./store/records.ts";
import { rollbacks } from "./store/rollbacks.ts";
import { told } from "./store/told.ts";
import { watched } from "./store/watched.ts";

export type { StoreHarness, TestRunner } from "./store/harness.ts";

/**
 * The tests that every driver of the store contract has to pass. They need no particular test runner, and nothing of the
 * driver but its harness.
 */
export function describeStore(name: string, harness: StoreHarness, { describe, it }: TestRunner): void {
  describe(name, () => {
    const lastingPart = harness.reopen ? [lasting] : [];
    for (const part of [commits, reads, rollbacks, outputs, told, watched, journal, records, ...lastingPart]) {
      for (const [group, tests] of Object.entries(part)) {
        describe(group, () => {
          for (const [title, test] of Object.entries(tests)) it(title, () => runTest(harness, test));
        });
      }
    }
  });
}
