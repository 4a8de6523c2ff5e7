import type { CheckResult } from "../../core/contracts/plugin.ts";
import { IntegrityViolation } from "../../core/errors.ts";
import type { EvmNetwork } from "./networks.ts";

/** What verification goes by: the table's entry for the chain, with what its configuration says otherwise. */
export type VerifyRules = Pick<EvmNetwork, "headerRules" | "headerRulesFrom" | "feeRules" | "blobFractions">;

/** What is checked of a block, in the order of the report. */
export const CHECKS = [
  "identity",
  "headerHash",
  "transactionIndex",
  "transactionHash",
  "senders",
  "transactionsRoot",
  "receiptIndex",
  "logsBloom",
  "receiptsRoot",
  "status",
  "gasUsed",
  "effectiveGasPrice",
  "blobGas",
  "contractAddress",
  "l1Fee",
  "withdrawalsRoot",
  "uncles",
] as const;
export type CheckName = (typeof CHECKS)[number];

/** Collects the outcome of a block's checks. One that was skipped once, for whatever part of the block, never passes. */
export class Checks {
  readonly #outcomes = new Map<CheckName, CheckResult>();
  readonly #where: string;
  /**
   * Whether the block keeps Ethereum's rules, which its recomputed hash proves. Without that proof a mismatch in what the
   * rules of another chain may define otherwise is no violation, but never a pass either.
   */
  strict = false;

  /** @param where node and block, as errors name them */
  constructor(where: string) {
    this.#where = where;
  }

  pass(check: CheckName): void {
    if (!this.#outcomes.has(check)) this.#outcomes.set(check, { check, result: "passed" });
  }

  skip(check: CheckName, reason: string): void {
    if (this.#outcomes.get(check)?.result === "skipped") return;
    this.#outcomes.set(check, { check, result: "skipped", reason });
  }

  /** What no chain may define otherwise, or the ledger would be wrong. @throws IntegrityViolation */
  require(field: string, expected: string | number, actual: string | number): void {
    if (expected !== actual) throw this.violation(field, String(expected), String(actual));
  }

  /** What the chain's rules define. Whether it was as expected. @throws IntegrityViolation where the rules are known */
  expect(check: CheckName, field: string, expected: string, actual: string): boolean {
    if (expected === actual) return true;
    if (this.strict) throw this.violation(field, expected, actual);
    this.skip(check, `${field} does not follow Ethereum's rules, and this chain's own are not known`);
    return false;
  }

  violation(field: string, expected: string, actual: string): IntegrityViolation {
    return new IntegrityViolation(field, expected, actual, this.#where);
  }

  /** The outcomes in the order of CHECKS. What was neither passed nor skipped does not apply to the block. */
  get results(): CheckResult[] {
    return CHECKS.flatMap((check) => this.#outcomes.get(check) ?? []);
  }
}

/** Whether two hex quantities are the same number, however they are written. */
export function sameQuantity(a: string, b: string): boolean {
  return a === b || BigInt(a) === BigInt(b);
}
