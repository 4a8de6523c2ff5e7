import { Checks } from "../verification/checks.ts";
import type { EvmNetwork } from "./networks.ts";

/** What verification goes by: the table's entry for the chain, with what its configuration says otherwise. */
export type VerifyRules = Pick<EvmNetwork, "headerRules" | "headerRulesFrom" | "feeRules" | "blobFractions">;

/** What is checked of a block, in the order of the report. */
const CHECKS = [
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
type CheckName = (typeof CHECKS)[number];

/** Checks by rules that may be another chain's own. */
export class EvmChecks extends Checks<CheckName> {
  /**
   * Whether the block keeps Ethereum's rules, which its recomputed hash proves. Without that proof a mismatch in what the
   * rules of another chain may define otherwise is no violation, but never a pass either. What no chain may define otherwise,
   * or the ledger would be wrong, is for `require`.
   */
  strict = false;

  /** @param where node and block, as errors name them */
  constructor(where: string) {
    super(CHECKS, where);
  }

  /** What the chain's rules define. Whether it was as expected. @throws IntegrityViolation where the rules are known */
  expect(check: CheckName, field: string, expected: string, actual: string): boolean {
    if (expected === actual) return true;
    if (this.strict) throw this.violation(field, expected, actual);
    this.skip(check, `${field} does not follow Ethereum's rules, and this chain's own are not known`);
    return false;
  }
}

/** Whether two hex quantities are the same number, however they are written. */
export function sameQuantity(a: string, b: string): boolean {
  return a === b || BigInt(a) === BigInt(b);
}
