import type { CheckResult } from "../../../core/contracts/plugin.ts";
import { IntegrityViolation } from "../../../core/errors.ts";

/** What is checked of a block, in the order of the report. */
export const CHECKS = [
  "identity",
  "proofOfWork",
  "auxPow",
  "target",
  "medianTime",
  "timeWarp",
  "signature",
  "merkleRoot",
  "transactionOrder",
  "coinbase",
  "coinbaseHeight",
  "witnessCommitment",
  "size",
  "amounts",
  "inputs",
  "subsidy",
  "maturity",
  "extensionBlock",
] as const;
export type CheckName = (typeof CHECKS)[number];

/** Those that hold a block against the headers before it: it is not by itself that it passes them. */
const OF_THE_TRAIL: ReadonlySet<CheckName> = new Set<CheckName>(["target", "medianTime", "timeWarp"]);

/** Collects the outcome of a block's checks. What is neither passed nor skipped does not apply to the block. */
export class Checks {
  readonly #outcomes = new Map<CheckName, CheckResult>();
  readonly #where: string;

  /** @param where node and block, as errors name them */
  constructor(where: string) {
    this.#where = where;
  }

  pass(check: CheckName): void {
    this.#outcomes.set(check, { check, result: "passed" });
  }

  skip(check: CheckName, reason: string): void {
    this.#outcomes.set(check, { check, result: "skipped", reason });
  }

  /** The same outcomes, to which others may be added. */
  copy(): Checks {
    const copy = new Checks(this.#where);
    for (const [check, outcome] of this.#outcomes) copy.#outcomes.set(check, outcome);
    return copy;
  }

  /** @throws IntegrityViolation */
  require(field: string, expected: string | number, actual: string | number): void {
    if (expected !== actual) throw this.violation(field, String(expected), String(actual));
  }

  violation(field: string, expected: string, actual: string): IntegrityViolation {
    return new IntegrityViolation(field, expected, actual, this.#where);
  }

  /** The outcomes in the order of the list. */
  get results(): CheckResult[] {
    return CHECKS.flatMap((check) => this.#outcomes.get(check) ?? []);
  }

  /** All checks of a block by itself: those that the mode left out are skipped because of it. */
  resultsWithLeftOut(mode: string): CheckResult[] {
    return CHECKS.filter((check) => !OF_THE_TRAIL.has(check)).map(
      (check) => this.#outcomes.get(check) ?? { check, result: "skipped", reason: `verify is ${mode}` },
    );
  }
}
