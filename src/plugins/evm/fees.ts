import { HeadwaterError } from "../../core/errors.ts";
import type { Account, Fee, Movement } from "../../core/model.ts";
import type { LedgerRules } from "./ledger-rules.ts";
import type { RpcBlock, RpcReceipt, RpcTransaction } from "./raw.ts";

/** The OP stack's predeployed fee vaults (specs.optimism.io, predeploys). The priority fee goes to the block's recipient. */
export const OP_VAULTS = {
  sequencer: "0x4200000000000000000000000000000000000011",
  baseFee: "0x4200000000000000000000000000000000000019",
  l1Fee: "0x420000000000000000000000000000000000001a",
  operatorFee: "0x420000000000000000000000000000000000001b",
} as const satisfies Record<string, Account>;

/** Transactions that somebody else has paid for: OP-stack deposits, and Arbitrum's deposits, retries and internal ones. */
const UNPAID_TYPES: Readonly<Record<LedgerRules["fees"], readonly string[]>> = {
  ethereum: [],
  "op-stack": ["0x7e"],
  arbitrum: ["0x64", "0x68", "0x6a"],
  polygon: [],
  none: [],
};

/** What of a block's header decides about fees. */
export type FeeContext = {
  readonly rules: LedgerRules;
  readonly node: string;
  readonly recipient: Account;
  /** Wei per gas; undefined before London and before Bedrock. */
  readonly baseFee: bigint | undefined;
  /** The OP stack's Jovian upgrade changed the operator fee. Its headers say so in their extra data. */
  readonly jovian: boolean;
};

export function buildFeeContext(block: RpcBlock, rules: LedgerRules, node: string): FeeContext {
  return {
    rules,
    node,
    recipient: block.miner,
    baseFee: block.baseFeePerGas === undefined ? undefined : BigInt(block.baseFeePerGas),
    // Jovian writes 17 bytes of which the first, the version, is 1 (specs.optimism.io, Jovian, execution engine).
    jovian: block.extraData.length === 36 && block.extraData.startsWith("0x01"),
  };
}

/** A fee and where its parts go: what is paid, and credited to whom. What is credited to nobody is burnt. */
type Charge = { readonly amount: bigint; readonly credits: readonly (readonly [account: Account, amount: bigint])[] };

/**
 * The fee of a transaction, or null where nobody pays one for it, and its movements: the payer's (`fee`) and those whom
 * the chain's rules credit (`reward`). The base fee and the blob fee are burnt by Ethereum's rules (EIP-1559, EIP-4844).
 * @throws HeadwaterError `node-bad-response` when the receipt lacks what the fee is made of
 */
export function buildFee(
  transaction: RpcTransaction,
  receipt: RpcReceipt,
  context: FeeContext,
): { readonly fee: Fee | null; readonly movements: Movement[] } {
  const { rules } = context;
  if (UNPAID_TYPES[rules.fees].includes(transaction.type ?? "0x0") || transaction["queueOrigin"] === "l1") {
    return { fee: null, movements: [] };
  }
  const { amount, credits } = buildCharge(transaction, receipt, context);
  const payer = transaction.from;
  const asset = rules.nativeAsset;
  const movements: Movement[] = [];
  if (amount > 0n) movements.push({ account: payer, asset, delta: -amount, kind: "fee" });
  for (const [account, delta] of credits) if (delta > 0n) movements.push({ account, asset, delta, kind: "reward" });
  return { fee: { payer, asset, amount }, movements };
}

function buildCharge(transaction: RpcTransaction, receipt: RpcReceipt, context: FeeContext): Charge {
  const { rules, baseFee, recipient } = context;
  const gasUsed = BigInt(receipt.gasUsed);
  const execution = gasUsed * readGasPrice(transaction, receipt, context);
  const burnt = gasUsed * (baseFee ?? 0n);
  switch (rules.fees) {
    case "ethereum":
      return { amount: execution + readBlobFee(receipt, context), credits: [[recipient, execution - burnt]] };
    case "op-stack":
      return buildOpStackCharge(receipt, context, execution, burnt);
    case "arbitrum":
      // The gas used here includes what L1 costs.
      return { amount: execution, credits: [] };
    case "polygon":
    case "none":
      return { amount: execution + readBlobFee(receipt, context), credits: [] };
  }
}

function buildOpStackCharge(receipt: RpcReceipt, context: FeeContext, execution: bigint, burnt: bigint): Charge {
  const l1Fee = readExtra(receipt, "l1Fee", context);
  // Taken for zero, it would make every balance that paid it wrong.
  if (l1Fee === undefined) throw lacks(receipt, "an l1Fee", context);
  // Before Bedrock there was no base fee, and one vault took all.
  if (context.baseFee === undefined)
    return { amount: execution + l1Fee, credits: [[OP_VAULTS.sequencer, execution + l1Fee]] };
  const operatorFee = readOperatorFee(receipt, context);
  return {
    amount: execution + l1Fee + operatorFee,
    credits: [
      [context.recipient, execution - burnt],
      [OP_VAULTS.baseFee, burnt],
      [OP_VAULTS.l1Fee, l1Fee],
      [OP_VAULTS.operatorFee, operatorFee],
    ],
  };
}

/** The operator fee since Isthmus: the scalar counts millionths, since Jovian hundreds. */
function readOperatorFee(receipt: RpcReceipt, context: FeeContext): bigint {
  const scalar = readExtra(receipt, "operatorFeeScalar", context) ?? 0n;
  const constant = readExtra(receipt, "operatorFeeConstant", context) ?? 0n;
  const scaled = BigInt(receipt.gasUsed) * scalar;
  return (context.jovian ? scaled * 100n : scaled / 1_000_000n) + constant;
}

/** Receipts from before EIP-1559 may lack the effective price: it was the transaction's own then. */
function readGasPrice(transaction: RpcTransaction, receipt: RpcReceipt, context: FeeContext): bigint {
  const price = receipt.effectiveGasPrice ?? transaction.gasPrice;
  if (price === undefined) throw lacks(receipt, "an effectiveGasPrice", context);
  return BigInt(price);
}

function readBlobFee(receipt: RpcReceipt, context: FeeContext): bigint {
  if (receipt.blobGasUsed === undefined || BigInt(receipt.blobGasUsed) === 0n) return 0n;
  if (receipt.blobGasPrice === undefined) throw lacks(receipt, "a blobGasPrice beside its blobGasUsed", context);
  return BigInt(receipt.blobGasUsed) * BigInt(receipt.blobGasPrice);
}

const quantity = /^0x[0-9a-f]{1,64}$/i;

/** A quantity that only some chains' transactions and receipts have. Its form is checked here, where it is used. */
export function readExtra(
  from: RpcReceipt | RpcTransaction,
  key: string,
  { node }: Pick<FeeContext, "node">,
): bigint | undefined {
  const value = from[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string" && quantity.test(value)) return BigInt(value);
  throw new HeadwaterError("node-bad-response", `node ${node}: ${key} is ${String(value)}, expected a hex quantity`);
}

function lacks(receipt: RpcReceipt, what: string, { node }: FeeContext): HeadwaterError {
  return new HeadwaterError(
    "node-bad-response",
    `node ${node}: the receipt of ${receipt.transactionHash} has no fee to compute, expected ${what}`,
  );
}
