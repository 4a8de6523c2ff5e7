import type { RawBlock } from "../../core/contracts/plugin.ts";
import { HeadwaterError, IntegrityViolation } from "../../core/errors.ts";
import {
  type Account,
  blockEntryId,
  type LedgerBlock,
  type LedgerTransaction,
  type Movement,
} from "../../core/model.ts";
import { alignCalls, alignReceipts, alignTraces } from "./align.ts";
import { readBlockRef } from "./block-ref.ts";
import { buildInternalMovements } from "./calls.ts";
import { buildFee, buildFeeContext, type FeeContext, readExtra } from "./fees.ts";
import type { LedgerRules } from "./ledger-rules.ts";
import { buildObservations } from "./observations.ts";
import { buildOvmMovements } from "./ovm.ts";
import { seesTraces } from "./profile.ts";
import { parseRaw, type RpcCallFrame, type RpcReceipt, type RpcTransaction } from "./raw.ts";
import { createdAddress } from "./receipt.ts";
import { buildBlockMovements } from "./rewards.ts";
import { appendTokenMovements } from "./transfers.ts";

type Context = FeeContext & {
  readonly blockHash: string;
  /** From Cancun on, see EIP-6780. */
  readonly destroysCreatedOnly: boolean;
};

/**
 * The ledger of one block: per transaction, in this order, what a bridge credited, the fee, who was credited for it, the
 * transaction's own value, the internal transfers where the profile sees traces, and the tokens in the order of the logs;
 * then the block's own entry. A failed transaction has its fee only. Movements without an amount are left out. Pure.
 * @throws HeadwaterError `node-bad-response` when a part is missing that the profile needs, `integrity-violation` when
 * the parts are not of the same block, and what parseRaw throws
 */
export function decodeBlock(raw: RawBlock, rules: LedgerRules): LedgerBlock {
  const parsed = parseRaw(raw);
  const { block } = parsed;
  const { node } = raw;
  const context: Context = {
    ...buildFeeContext(block, rules, node),
    blockHash: block.hash,
    destroysCreatedOnly: block.parentBeaconBlockRoot !== undefined,
  };
  const traced = seesTraces(raw.profile);
  const receipts = alignReceipts(parsed, context);
  const frames = traced ? alignCalls(parsed, context) : undefined;
  const transactions = block.transactions.map((transaction, index) =>
    decodeTransaction(transaction, receipts[index] as RpcReceipt, frames?.[index], index, context),
  );
  const movements = buildBlockMovements(parsed, rules, node);
  if (movements.length > 0) {
    const index = transactions.length;
    transactions.push({ id: blockEntryId(block.hash), index, status: "success", fee: null, movements });
  }
  const diffs = traced ? alignTraces(parsed, "diffs", context) : [];
  const observations = buildObservations(diffs, movements, { ...context, ledger: rules });
  return { ref: readBlockRef(block, node, "eth_getBlock"), transactions, observations };
}

function decodeTransaction(
  transaction: RpcTransaction,
  receipt: RpcReceipt,
  frame: RpcCallFrame | undefined,
  index: number,
  context: Context,
): LedgerTransaction {
  const { rules } = context;
  const { fee, movements: paid } = buildFee(transaction, receipt, context);
  const movements = [...buildDeposit(transaction, context), ...paid];
  const status = readStatus(transaction, receipt, frame, context);
  if (status === "success") {
    movements.push(...buildOwnTransfer(transaction, receipt, context));
    if (frame) {
      const where = `node ${context.node}, transaction ${transaction.hash}`;
      const { destroysCreatedOnly } = context;
      movements.push(...buildInternalMovements(frame, { native: rules.nativeAsset, destroysCreatedOnly, where }));
    }
    if (rules.fees === "op-stack" && context.baseFee === undefined) {
      movements.push(...buildOvmMovements(receipt.logs, rules.nativeAsset));
    }
    appendTokenMovements(movements, receipt.logs, rules.wrappers);
  }
  return { id: transaction.hash, index, status, fee, movements };
}

/** What a bridge credits to the sender before the transaction runs; it stays credited when the transaction fails. */
function buildDeposit(transaction: RpcTransaction, context: Context): Movement[] {
  const { fees, nativeAsset: asset } = context.rules;
  const { type, from: account, value } = transaction;
  let delta = 0n;
  if (fees === "op-stack" && type === "0x7e") delta = readExtra(transaction, "mint", context) ?? 0n;
  if (fees === "arbitrum" && type === "0x64") delta = BigInt(value);
  if (fees === "arbitrum" && type === "0x69") delta = readExtra(transaction, "depositValue", context) ?? 0n;
  return delta > 0n ? [{ account, asset, delta, kind: "deposit" }] : [];
}

function buildOwnTransfer(transaction: RpcTransaction, receipt: RpcReceipt, context: Context): Movement[] {
  const value = BigInt(transaction.value);
  if (value === 0n) return [];
  const asset = context.rules.nativeAsset;
  const kind = transaction.to === null ? "create" : "transfer";
  const to = transaction.to ?? readCreated(transaction, receipt, context);
  return [
    { account: transaction.from, asset, delta: -value, kind },
    { account: to, asset, delta: value, kind },
  ];
}

/**
 * The address of the contract that a transaction created. Computed where Ethereum's rules hold, because no root covers
 * the receipt's `contractAddress`; a deposit's nonce stands in its receipt only.
 */
function readCreated(transaction: RpcTransaction, receipt: RpcReceipt, context: Context): Account {
  const { fees } = context.rules;
  if ((fees === "ethereum" || fees === "op-stack") && transaction.type !== "0x7e") {
    return createdAddress(transaction.from, transaction.nonce);
  }
  if (receipt.contractAddress) return receipt.contractAddress;
  throw new HeadwaterError(
    "node-bad-response",
    `node ${context.node}: the receipt of ${transaction.hash} does not say which contract was created`,
  );
}

/**
 * Since Byzantium the receipt tells (EIP-658). Before, it had a state root in that place, beside which some nodes write a
 * failure that means nothing: there the trace tells, and without one only this is known: a failure took all gas and left
 * no logs, and a plain payment takes all of its gas as well.
 */
function readStatus(
  transaction: RpcTransaction,
  receipt: RpcReceipt,
  frame: RpcCallFrame | undefined,
  context: Context,
): LedgerTransaction["status"] {
  const told = receipt.status === undefined ? undefined : BigInt(receipt.status) === 1n;
  if (told === true && frame?.error !== undefined) {
    const where = `node ${context.node}, transaction ${transaction.hash}`;
    throw new IntegrityViolation("trace error", "none, as the receipt tells success", frame.error, where);
  }
  const meaningful = receipt.root === undefined || BigInt(receipt.root) === 0n;
  if (told === true || (told === false && meaningful)) return told ? "success" : "failed";
  if (frame) return frame.error === undefined ? "success" : "failed";
  const allGasUsed = BigInt(receipt.gasUsed) === BigInt(transaction.gas);
  const payment = transaction.to !== null && transaction.input === "0x";
  return allGasUsed && !payment && receipt.logs.length === 0 ? "failed" : "success";
}
