import type { Reporter, SerializedError, TestModule } from "vitest/node";
import { findNodePrograms } from "../../src/testing/bitcoin/node-programs.ts";
import { findValidator, NO_VALIDATOR } from "../../src/testing/solana/backend/find-validator.ts";

/**
 * Prints one line after everything else: `N passed, N failed` or `N passed, N failed, N skipped`. A file that cannot be
 * loaded and an error outside any test count as one failure each, so that `0 failed` always means a good run. Before it, which
 * real nodes the tests ran without because they are not on this machine.
 */
export default class ClosingLineReporter implements Reporter {
  // A run that never comes to its end is a failed one.
  #line = "0 passed, 1 failed";

  constructor() {
    // Other reporters print their summaries in the same hook, in no promised order: only the end of the process is after them.
    const missing = [...findNodePrograms().missing, ...(findValidator() ? [] : [NO_VALIDATOR])];
    const leftOut = missing.map((sentence) => `\nLeft out of the tests: ${sentence}.`);
    process.once("exit", () => process.stdout.write(`${leftOut.join("")}\n${this.#line}\n`));
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    this.#line = closingLine(modules, unhandledErrors.length);
  }
}

/** The closing line for these modules. `errors` is the number of errors outside any test. */
export function closingLine(modules: readonly Pick<TestModule, "children" | "errors">[], errors: number): string {
  const counts = { passed: 0, failed: errors, skipped: 0 };
  for (const module of modules) {
    counts.failed += module.errors().length;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      // A test still pending when the run ends did not run.
      if (state === "pending") counts.failed++;
      else counts[state]++;
    }
  }
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
  return `${counts.passed} passed, ${counts.failed} failed${skipped}`;
}
