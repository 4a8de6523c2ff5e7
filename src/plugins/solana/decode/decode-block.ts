import { HeadwaterError } from "../../../core/errors.ts";
import {
  type Account,
  blockEntryId,
  type LedgerBlock,
  type LedgerTransaction,
  type Movement,
  type Observation,
} from "../../../core/model.ts";
import type { Amount } from "../codec/transaction-meta.ts";
import type { VoteRule } from "../profile.ts";
import type { SolanaBlock } from "../read-block.ts";
import type { SolanaTransaction } from "../solana-transaction.ts";
import { OwnEntry } from "./own-entry.ts";
import { readTokenMovements } from "./token-movements.ts";
import { isVote } from "./votes.ts";

/** The native coin: lamports. */
export const NATIVE_ASSET = "slip44:501";

const INCINERATOR = "1nc1nerator11111111111111111111111111111111";

/**
 * The ledger of one block. Every change of a balance shows: lamports by the balances before and after each transaction, tokens by
 * owner and mint. The fee stands apart from what else its payer gained or lost; failed transactions pay it, too. Rewards
 * and rent stand in the block's own entry, and with them what votes paid where votes are left out: balances add up either way.
 *
 * The balance of each account after the block is an observation.
 * @throws HeadwaterError `node-bad-response` when votes are to be told by programs and the node gave none
 */
export function decodeBlock(block: SolanaBlock, votes: VoteRule): LedgerBlock {
  if (votes === "by-programs") expectPrograms(block);
  const transactions: LedgerTransaction[] = [];
  const own = new OwnEntry(NATIVE_ASSET);
  const after = new Map<Account, Amount>();
  for (const transaction of block.transactions) {
    if (votes !== "kept" && isVote(transaction, votes)) {
      takeVoteFee(transaction, own, after);
      continue;
    }
    const movements = readLamportMovements(transaction, after);
    for (const movement of readTokenMovements(transaction)) movements.push(movement);
    transactions.push(buildTransaction(transaction, movements, transactions.length));
  }
  takeRewards(block, own, after);
  burnIncinerated(own, after);
  const movements = own.movements();
  if (movements.length > 0) {
    const id = blockEntryId(block.ref.hash);
    transactions.push({ id, index: transactions.length, status: "success", fee: null, movements });
  }
  const observations: Observation[] = [];
  for (const [account, amount] of after) observations.push({ account, asset: NATIVE_ASSET, amount: BigInt(amount) });
  return { ref: block.ref, transactions, observations };
}

/** A ledger that guessed where it cannot see would be another than its profile says. */
function expectPrograms({ transactions, where }: SolanaBlock): void {
  const index = transactions.findIndex(({ programs }) => programs === undefined);
  if (index < 0) return;
  throw new HeadwaterError("node-bad-response", `${where}: transaction ${index} came without its instructions`, {
    details: { expected: "instructions", actual: "accounts" },
  });
}

function buildTransaction(
  transaction: SolanaTransaction,
  movements: readonly Movement[],
  index: number,
): LedgerTransaction {
  const { failed, fee } = transaction.meta;
  return {
    id: transaction.id,
    index,
    status: failed ? "failed" : "success",
    fee: { payer: transaction.keyAt(0), asset: NATIVE_ASSET, amount: fee },
    movements,
  };
}

/** The changes of lamports, the fee apart; `after` is brought up to date for the accounts that changed. */
function readLamportMovements(transaction: SolanaTransaction, after: Map<Account, Amount>): Movement[] {
  const { meta, count } = transaction;
  const { lamportsBefore, lamportsAfter, fee } = meta;
  const movements: Movement[] = [];
  for (let place = 0; place < count; place++) {
    const now = lamportsAfter[place] as Amount;
    if (now === lamportsBefore[place] && (place > 0 || fee === 0n)) continue;
    const account = transaction.keyAt(place);
    let delta = meta.change(place);
    if (place === 0 && fee > 0n) {
      movements.push({ account, asset: NATIVE_ASSET, delta: -fee, kind: "fee" });
      delta += fee;
    }
    if (delta !== 0n) movements.push({ account, asset: NATIVE_ASSET, delta, kind: "transfer" });
    after.set(account, now);
  }
  return movements;
}

/** All that a vote moves. */
function takeVoteFee(vote: SolanaTransaction, own: OwnEntry, after: Map<Account, Amount>): void {
  const { fee, lamportsAfter } = vote.meta;
  if (fee === 0n) return;
  const account = vote.keyAt(0);
  own.add(account, "fee", -fee);
  after.set(account, lamportsAfter[0] as Amount);
}

function takeRewards({ rewards }: SolanaBlock, own: OwnEntry, after: Map<Account, Amount>): void {
  for (const reward of rewards) {
    if (reward.lamports === 0n) continue;
    own.add(reward.account, reward.kind === "Rent" ? "fee" : "reward", reward.lamports);
    if (reward.after !== undefined) after.set(reward.account, reward.after);
    else after.delete(reward.account);
  }
}

/**
 * What is sent to the incinerator is destroyed when the block ends (Agave's `Bank::freeze`), of which no transaction tells: its
 * balance after the last one is gone before the next block.
 */
function burnIncinerated(own: OwnEntry, after: Map<Account, Amount>): void {
  const burned = BigInt(after.get(INCINERATOR) ?? 0);
  if (burned === 0n) return;
  own.add(INCINERATOR, "burn", -burned);
  after.set(INCINERATOR, 0);
}
