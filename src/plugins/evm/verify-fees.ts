import { blobGasPrice, GAS_PER_BLOB } from "./blob-gas.ts";
import type { EvmChecks, VerifyRules } from "./checks.ts";
import type { BlobFraction } from "./networks.ts";
import type { RpcBlock, RpcReceipt, RpcTransaction } from "./rpc-types.ts";

const BLOB_TYPE = 3;
const DEPOSIT_TYPE = 0x7e;

/** The price that each transaction paid: no root covers it, but it follows from what was signed and the base fee. */
export function verifyGasPrices(
  block: RpcBlock,
  receipts: readonly RpcReceipt[],
  types: readonly number[],
  rules: VerifyRules,
  checks: EvmChecks,
): void {
  if (rules.feeRules === "none") {
    checks.skip("effectiveGasPrice", "this chain's rules for fees are not known");
    return;
  }
  const baseFee = BigInt(block.baseFeePerGas ?? "0x0");
  for (const [i, receipt] of receipts.entries()) {
    const tx = block.transactions[i] as RpcTransaction;
    const type = types[i] as number;
    // Nobody pays for a deposit.
    if (type === DEPOSIT_TYPE && rules.feeRules === "op-stack") continue;
    const [field, told] =
      receipt.effectiveGasPrice === undefined
        ? [`transactions[${i}].gasPrice`, tx.gasPrice]
        : [`receipts[${i}].effectiveGasPrice`, receipt.effectiveGasPrice];
    if (told === undefined) throw checks.violation(field, "a price", "not told");
    // Arbitrum's sequencer takes no tips: everybody pays the base fee, whatever was offered.
    if (rules.feeRules === "arbitrum" && BigInt(told) === baseFee) continue;
    const expected = effectiveGasPrice(tx, type, baseFee);
    if (expected === undefined)
      checks.skip("effectiveGasPrice", `what transactions of type ${tx.type} pay is not known`);
    else checks.expect("effectiveGasPrice", field, String(expected), String(BigInt(told)));
  }
  checks.pass("effectiveGasPrice");
}

/** What Ethereum's rules make a transaction pay, wei per gas (EIP-1559); undefined for a type that is not Ethereum's. */
function effectiveGasPrice(tx: RpcTransaction, type: number, baseFee: bigint): bigint | undefined {
  if (type <= 1) return BigInt(tx.gasPrice ?? "0x0");
  if (type > 4) return undefined;
  const cap = BigInt(tx.maxFeePerGas ?? "0x0");
  const offered = baseFee + BigInt(tx.maxPriorityFeePerGas ?? "0x0");
  return offered < cap ? offered : cap;
}

/** Blob gas used and its price (EIP-4844): no root covers either, but both follow from the header and the blobs. */
export function verifyBlobGas(
  block: RpcBlock,
  receipts: readonly RpcReceipt[],
  types: readonly number[],
  rules: VerifyRules,
  checks: EvmChecks,
): void {
  // The OP stack's headers and receipts keep something else under these names.
  if (block.excessBlobGas === undefined || rules.feeRules !== "ethereum") return;
  const price = priceInForce(BigInt(block.excessBlobGas), Number(block.timestamp), rules.blobFractions);
  let used = 0n;
  for (const [i, receipt] of receipts.entries()) {
    const blobs = types[i] === BLOB_TYPE ? (block.transactions[i]?.blobVersionedHashes ?? []).length : 0;
    used += BigInt(blobs) * GAS_PER_BLOB;
    const cap = BigInt(block.transactions[i]?.maxFeePerBlobGas ?? "0x0");
    verifyBlobReceipt(receipt, `receipts[${i}]`, { used: BigInt(blobs) * GAS_PER_BLOB, price, cap }, checks);
  }
  checks.expect("blobGas", "blobGasUsed", String(BigInt(block.blobGasUsed ?? "0x0")), String(used));
  checks.pass("blobGas");
}

/** What a transaction's blobs cost: gas, the price where it is known, and the most that was signed for. */
type BlobCost = { readonly used: bigint; readonly price: bigint | undefined; readonly cap: bigint };

function verifyBlobReceipt(
  receipt: RpcReceipt,
  field: string,
  { used, price, cap }: BlobCost,
  checks: EvmChecks,
): void {
  const { blobGasUsed, blobGasPrice: told } = receipt;
  if (used > 0n && (blobGasUsed === undefined || told === undefined)) {
    checks.skip("blobGas", `${field} does not tell what its blobs cost`);
    return;
  }
  checks.expect("blobGas", `${field}.blobGasUsed`, String(used), String(BigInt(blobGasUsed ?? "0x0")));
  if (used === 0n || told === undefined) return;
  // Whatever the schedule: nobody pays more than was signed for.
  if (BigInt(told) > cap) throw checks.violation(`${field}.blobGasPrice`, `at most ${cap}`, String(BigInt(told)));
  if (price === undefined) checks.skip("blobGas", "this chain's schedule of blob prices is not known");
  else checks.expect("blobGas", `${field}.blobGasPrice`, String(price), String(BigInt(told)));
}

/** The price of blob gas, wei, or undefined where the fraction in force is not known. */
function priceInForce(excess: bigint, time: number, fractions: readonly BlobFraction[]): bigint | undefined {
  const inForce = fractions.findLast(({ fromTime }) => fromTime <= time);
  return inForce && blobGasPrice(excess, inForce.fraction);
}
