import type { CallOptions } from "../../../core/contracts/plugin.ts";
import type { FeeEstimates, FeeQuery, FeeRates } from "../../../core/contracts/wallet.ts";
import { HeadwaterError } from "../../../core/errors.ts";
import type { JsonRpcClient } from "../../json-rpc/client.ts";
import { Answer } from "../codec/answer.ts";
import { NATIVE_ASSET } from "../decode/decode-block.ts";
import { readState } from "../reads/context.ts";
import { web3 } from "../web3.ts";
import { fetchLatest } from "./broadcast.ts";

/** Accounts that nodes take in one question (Agave: MAX_TX_ACCOUNT_LOCKS). */
const MOST_ACCOUNTS = 128;
/** Prices are in millionths of a lamport for each unit of computation. */
const MICRO_LAMPORTS = 1_000_000n;
/** Which share of the newest blocks would have taken a transaction that pays so much, in hundredths. */
const SHARES = { slow: 25, normal: 50, fast: 90 } as const;

/**
 * What a transaction costs: lamports for each signature, as the node charges them at this moment, and the price of computation with
 * which others came into the newest blocks, among those that change the same accounts. A node tells the lowest price of each
 * block (up to 150).
 *
 * Methods: getRecentPrioritizationFees, getLatestBlockhash, getFeeForMessage.
 * @throws HeadwaterError `invalid-request` for too many accounts, `node-block-missing`
 */
export async function estimateFees(
  client: JsonRpcClient,
  { writes = [] }: FeeQuery,
  options?: CallOptions,
): Promise<FeeEstimates> {
  if (writes.length > MOST_ACCOUNTS) {
    const text = `fees are asked for of ${writes.length} accounts: expected at most ${MOST_ACCOUNTS}`;
    throw new HeadwaterError("invalid-request", text, { details: { accounts: writes.length, most: MOST_ACCOUNTS } });
  }
  const method = "getRecentPrioritizationFees";
  const prices = readPrices(await client.call(method, [writes], options), client.node, method);
  return {
    asset: NATIVE_ASSET,
    fixed: [{ per: "signature", amount: await fetchSignatureFee(client, options) }],
    unit: "compute unit",
    rateParts: MICRO_LAMPORTS,
    base: 0n,
    rates: ratesOf(prices.map(({ price }) => price)),
    blocks: prices.length,
    newest: Math.max(...prices.map(({ slot }) => slot)),
  };
}

type Price = { readonly slot: number; readonly price: bigint };

/** @throws HeadwaterError `node-block-missing` where there is none: nothing is not 0 */
function readPrices(result: unknown, node: string, method: string): readonly Price[] {
  const answer = new Answer(`node ${node}, ${method}`);
  const prices = answer.list(result, "result").map((entry, i) => {
    const told = answer.record(entry, `result[${i}]`);
    return {
      slot: answer.count(told["slot"], `result[${i}].slot`),
      price: answer.amount(told["prioritizationFee"], `result[${i}].prioritizationFee`),
    };
  });
  if (prices.length > 0) return prices;
  throw new HeadwaterError("node-block-missing", `node ${node}, ${method}: it remembers no block's prices`, {
    details: { node, method },
  });
}

function ratesOf(prices: readonly bigint[]): FeeRates {
  const sorted = prices.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * share) / 100))] as bigint;
  return { slow: at(SHARES.slow), normal: at(SHARES.normal), fast: at(SHARES.fast) };
}

/** What the node charges for a message that does nothing and is signed once. */
async function fetchSignatureFee(client: JsonRpcClient, options: CallOptions | undefined): Promise<bigint> {
  const { latest, slot } = await fetchLatest(client, 0, options);
  const { PublicKey, TransactionMessage } = web3();
  const payerKey = PublicKey.default;
  const message = new TransactionMessage({ payerKey, recentBlockhash: latest, instructions: [] });
  const text = Buffer.from(message.compileToLegacyMessage().serialize()).toString("base64");
  const method = "getFeeForMessage";
  const config = { commitment: "confirmed", minContextSlot: slot };
  const asked = { client, commitment: "confirmed", notBefore: slot } as const;
  const { value, answer } = readState(asked, method, await client.call(method, [text, config], options));
  return answer.amount(value, "result.value");
}
