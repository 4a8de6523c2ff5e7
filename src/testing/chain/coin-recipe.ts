import type { Output, OutputId } from "../../core/model.ts";
import type { TestBlock } from "./test-block.ts";
import { amountOf, COIN_REWARD, type CoinTransaction, listCoins, outputsOf } from "./test-coins.ts";

const ACCOUNTS = 5;
const FEE = 1n;

/** The unspent outputs after a block, in the order in which they were made. A block is on one chain only. */
const unspent = new WeakMap<TestBlock, ReadonlyMap<OutputId, Output>>();

/** The unspent outputs after the last of these blocks, which begin with the chain. */
export function unspentAfter(blocks: readonly TestBlock[]): ReadonlyMap<OutputId, Output> {
  let from = blocks.length;
  while (from > 0 && !unspent.has(blocks[from - 1] as TestBlock)) from--;
  let after =
    from === 0 ? new Map<OutputId, Output>() : (unspent.get(blocks[from - 1] as TestBlock) as Map<string, Output>);
  for (const block of blocks.slice(from)) {
    after = new Map(after);
    const { spends, makes } = listCoins({ ref: block.ref, coins: block.coins ?? [] });
    for (const id of spends) after.delete(id);
    for (const output of makes) after.set(output.id, output);
    unspent.set(block, after);
  }
  return after;
}

/**
 * The transactions of the next block: its reward, one that spends the oldest and the newest coin, and one that spends what
 * that one made. The ids tell height and branch: `tx-7-main-1`.
 *
 * @param include further transactions, which spend other coins or each other's
 */
export function makeCoins(
  below: readonly TestBlock[],
  branch: string,
  include: readonly CoinTransaction[],
): CoinTransaction[] {
  const height = below.length;
  const name = (index: number) => `tx-${height}-${branch}-${index}`;
  const account = (offset: number) => `account-${(height + offset) % ACCOUNTS}`;
  const unspent = unspentAfter(below);
  const taken = new Set(include.flatMap(({ spends }) => spends));
  const free = [...unspent.values()].filter(({ id }) => !taken.has(id));
  const coins: CoinTransaction[] = [];
  const [oldest] = free;
  if (oldest) {
    const spent = [...new Set([oldest, free.at(-1) as Output])];
    const amount = amountOf(spent);
    const half = amount / 2n;
    const first: CoinTransaction = {
      id: name(1),
      coinbase: false,
      spends: spent.map(({ id }) => id),
      makes: [
        { account: account(1), amount: half },
        { account: account(2), amount: amount - half - FEE },
      ],
    };
    const made = outputsOf(first, height)[0] as Output;
    const chained = {
      id: name(2),
      coinbase: false,
      spends: [made.id],
      makes: [{ account: account(3), amount: half - FEE }],
    };
    coins.push(first, chained);
  }
  coins.push(...include);
  const reward = { account: account(0), amount: COIN_REWARD + feesOf(coins, unspent) };
  return [{ id: name(0), coinbase: true, spends: [], makes: [reward] }, ...coins];
}

function feesOf(coins: readonly CoinTransaction[], unspent: ReadonlyMap<OutputId, Output>): bigint {
  const own = new Map(coins.flatMap((coin) => outputsOf(coin, 0)).map((output) => [output.id, output]));
  let fees = 0n;
  for (const { spends, makes } of coins) {
    fees += amountOf(spends.map((id) => (unspent.get(id) ?? own.get(id)) as Output)) - amountOf(makes);
  }
  return fees;
}
