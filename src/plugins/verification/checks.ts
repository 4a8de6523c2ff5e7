import type { ChainConfig } from "../../core/contracts/chain-config.ts";
import type { CheckResult } from "../../core/contracts/plugin.ts";
import { IntegrityViolation } from "../../core/errors.ts";

export type VerifyMode = ChainConfig["index"]["verify"];

/**
 * Collects the outcome of a block's checks. One that was skipped once, for whatever part of the block, never passes, and its
 * first reason stays: "passed" means that all of it was looked at.
 */
export class Checks<Name extends string> {
  readonly #outcomes: Map<Name, CheckResult>;
  readonly #list: readonly Name[];
  readonly #where: string;

  /**
   * @param list all that is checked, in the order of the report
   * @param where node and block, as errors name them
   */
  constructor(list: readonly Name[], where: string, outcomes: ReadonlyMap<Name, CheckResult> = new Map()) {
    this.#list = list;
    this.#where = where;
    this.#outcomes = new Map(outcomes);
  }

  pass(check: Name): void {
    if (!this.#outcomes.has(check)) this.#outcomes.set(check, { check, result: "passed" });
  }

  skip(check: Name, reason: string): void {
    if (this.#outcomes.get(check)?.result === "skipped") return;
    this.#outcomes.set(check, { check, result: "skipped", reason });
  }

  /** The same outcomes, to which others may be added. */
  copy(): Checks<Name> {
    return new Checks(this.#list, this.#where, this.#outcomes);
  }

  /** What must be the same. @throws IntegrityViolation */
  require(field: string, expected: string | number, actual: string | number): void {
    if (expected !== actual) throw this.violation(field, String(expected), String(actual));
  }

  violation(field: string, expected: string, actual: string): IntegrityViolation {
    return new IntegrityViolation(field, expected, actual, this.#where);
  }

  /**
   * The outcomes in the order of the list. In mode `full`, what was neither passed nor skipped does not apply to the block;
   * in the others it is skipped because of the mode.
   */
  results(mode: VerifyMode): CheckResult[] {
    if (mode === "full") return this.#list.flatMap((check) => this.#outcomes.get(check) ?? []);
    const reason = `verify is ${mode}`;
    return this.#list.map((check) => this.#outcomes.get(check) ?? { check, result: "skipped", reason });
  }
}
