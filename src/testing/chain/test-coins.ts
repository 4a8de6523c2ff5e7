import { IntegrityViolation } from "../../core/errors.ts";
import type {
  BlockRef,
  LedgerTransaction,
  Movement,
  Output,
  OutputId,
  TransactionOutput,
  TransactionOutputs,
} from "../../core/model.ts";

export const TEST_COIN = "slip44:1";
/** What a block's first transaction may make beside the fees. */
export const COIN_REWARD = 50n;

/**
 * A transaction of the test chain whose coins are outputs, as nodes tell it: it names the outputs that it spends, and tells
 * neither their owner nor their amount. Its outputs have the ids `<id>:<position>`.
 */
export type CoinTransaction = {
  readonly id: string;
  readonly coinbase: boolean;
  readonly spends: readonly OutputId[];
  readonly makes: readonly { readonly account: string; readonly amount: bigint }[];
  /** What it counts for when fees are compared. Default 100. */
  readonly size?: number;
  readonly replaceable?: boolean;
};

type CoinBlock = { readonly ref: BlockRef; readonly coins: readonly CoinTransaction[] };

/** What a block spends of earlier blocks and what it leaves. */
export function listCoins({ ref, coins }: CoinBlock): { readonly spends: OutputId[]; readonly makes: Output[] } {
  const spends: OutputId[] = [];
  const makes = new Map<OutputId, Output>();
  for (const coin of coins) {
    for (const id of coin.spends) if (!makes.delete(id)) spends.push(id);
    for (const output of outputsOf(coin, ref.height)) makes.set(output.id, output);
  }
  return { spends, makes: [...makes.values()] };
}

export function outputsOf({ id, makes, coinbase }: CoinTransaction, height: number): Output[] {
  return makes.map(({ account, amount }, i) => ({
    id: `${id}:${i}`,
    account,
    asset: TEST_COIN,
    amount,
    height,
    coinbase,
  }));
}

/**
 * A block's transactions as the ledger has them.
 * @param spent the outputs of earlier blocks that it spends, in any order
 * @throws IntegrityViolation of `fee` or `reward` when more is made than may be, or of `spent output`
 */
export function tellCoins({ ref, coins }: CoinBlock, spent: Iterable<Output>): LedgerTransaction[] {
  const known = new Map<OutputId, Output>();
  for (const output of spent) known.set(output.id, output);
  const where = `block ${ref.height} ${ref.hash}`;
  let allowed = COIN_REWARD;
  const told = coins.map((coin, index) => {
    const transaction = tellCoin(
      coin,
      index,
      coin.spends.map((id) => known.get(id)),
      where,
    );
    for (const id of coin.spends) known.delete(id);
    for (const output of outputsOf(coin, ref.height)) known.set(output.id, output);
    allowed += coin.coinbase ? 0n : (transaction.fee?.amount ?? 0n);
    return transaction;
  });
  const made = coins.filter(({ coinbase }) => coinbase).reduce((sum, coin) => sum + amountOf(coin.makes), 0n);
  if (made > allowed) throw new IntegrityViolation("reward", `at most ${allowed}`, `${made}`, where);
  return told;
}

/** @param spent in the order of the transaction's own list */
export function tellCoin(
  coin: CoinTransaction,
  index: number,
  spent: readonly (Output | undefined)[],
  where: string,
): LedgerTransaction {
  const spends = coin.spends.map((id, i): TransactionOutput => {
    const output = spent[i];
    if (output === undefined) throw new IntegrityViolation("spent output", "an unspent output", id, where);
    return { id, account: output.account, asset: output.asset, amount: output.amount };
  });
  const makes = outputsOf(coin, 0).map(({ id, account, asset, amount }) => ({ id, account, asset, amount }));
  const outputs: TransactionOutputs = { spends, makes, coinbase: coin.coinbase };
  const basis = { id: coin.id, index, status: "success" as const, outputs };
  if (coin.coinbase) return { ...basis, fee: null, movements: moveAll(makes, 1n, "reward") };
  const amount = amountOf(spends) - amountOf(makes);
  if (amount < 0n) throw new IntegrityViolation("fee", "0 or more", `${amount}`, `${where}, ${coin.id}`);
  const payer = spends[0]?.account ?? "nobody";
  const fee = { payer, asset: TEST_COIN, amount };
  const movements = [
    ...moveAll(spends, -1n, "transfer"),
    { account: payer, asset: TEST_COIN, delta: amount, kind: "transfer" as const },
    { account: payer, asset: TEST_COIN, delta: -amount, kind: "fee" as const },
    ...moveAll(makes, 1n, "transfer"),
  ];
  return { ...basis, fee, movements };
}

function moveAll(outputs: readonly TransactionOutput[], sign: bigint, kind: Movement["kind"]): Movement[] {
  return outputs.map(({ account, asset, amount }) => ({ account, asset, delta: sign * amount, kind }));
}

export function amountOf(parts: readonly { readonly amount: bigint }[]): bigint {
  return parts.reduce((sum, { amount }) => sum + amount, 0n);
}
