import { HeadwaterError } from "../../core/errors.ts";
import type { Account, Movement, Observation } from "../../core/model.ts";
import { OP_VAULTS } from "./fees.ts";
import type { LedgerRules } from "./ledger-rules.ts";
import type { RpcStateDiff, RpcTraced } from "./raw.ts";

// The OP stack pays these at the end of every transaction, and the tracer does not look at them there: what it shows of
// one is old as soon as the next transaction has run.
const unseen: ReadonlySet<Account> = new Set([OP_VAULTS.baseFee, OP_VAULTS.l1Fee, OP_VAULTS.operatorFee]);

export type ObservationRules = {
  readonly ledger: LedgerRules;
  /** From Cancun on, see EIP-6780. */
  readonly destroysCreatedOnly: boolean;
  /** The node that told, for errors. */
  readonly node: string;
};

/**
 * Balances of the native coin after the block, from the `prestateTracer`'s diffs of its transactions and from what the
 * block itself did after the last of them: once per account, sorted by account, only those that the diffs tell of.
 * @throws HeadwaterError `node-bad-response` when the node could not trace a transaction
 */
export function buildObservations(
  diffs: readonly RpcTraced<RpcStateDiff>[],
  blockMovements: readonly Movement[],
  rules: ObservationRules,
): Observation[] {
  const balances = new Map<Account, bigint>();
  for (const [i, { result, error }] of diffs.entries()) {
    if (!result) {
      const reason = error ?? "no error either";
      throw new HeadwaterError("node-bad-response", `node ${rules.node}: diffs[${i}] has no result: ${reason}`);
    }
    readDiff(balances, result, rules);
  }
  if (rules.ledger.fees === "op-stack") for (const account of unseen) balances.delete(account);
  for (const { account, delta } of blockMovements) {
    const before = balances.get(account);
    if (before !== undefined) balances.set(account, before + delta);
  }
  return [...balances]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([account, amount]) => ({ account, asset: rules.ledger.nativeAsset, amount }));
}

function readDiff(balances: Map<Account, bigint>, { pre, post }: RpcStateDiff, rules: ObservationRules): void {
  for (const account of Object.keys(pre)) {
    if (post[account]) continue;
    // Who was there before and does not stand in `post` at all was destroyed by the transaction. Since EIP-6780 a
    // contract outlives its self-destruct and may keep coins, while some nodes still leave it out: that tells nothing.
    if (rules.destroysCreatedOnly) balances.delete(account);
    else balances.set(account, 0n);
  }
  for (const [account, { balance }] of Object.entries(post)) {
    if (balance !== undefined) balances.set(account, BigInt(balance));
  }
}
