import type { CheckResult } from "../../../core/contracts/plugin.ts";
import { IntegrityViolation } from "../../../core/errors.ts";

/** What is checked of a block, in the order of the report. */
const CHECKS = ["identity", "parent", "signatures", "balances", "fees", "rewards", "blockHash", "bankHash"] as const;
type CheckName = (typeof CHECKS)[number];

/** Collects the outcome of a block's checks. */
export class Checks {
  readonly #outcomes = new Map<CheckName, CheckResult>();
  readonly #where: string;

  /** @param where node and slot, as errors name them */
  constructor(where: string) {
    this.#where = where;
  }

  pass(check: CheckName): void {
    this.#outcomes.set(check, { check, result: "passed" });
  }

  skip(check: CheckName, reason: string): void {
    this.#outcomes.set(check, { check, result: "skipped", reason });
  }

  violation(field: string, expected: string, actual: string): IntegrityViolation {
    return new IntegrityViolation(field, expected, actual, this.#where);
  }

  /** The outcomes in the order of the list; what was not looked at is skipped because of the mode. */
  results(mode: string): CheckResult[] {
    return CHECKS.map(
      (check) => this.#outcomes.get(check) ?? { check, result: "skipped", reason: `verify is ${mode}` },
    );
  }
}
