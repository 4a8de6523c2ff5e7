import { HeadwaterError } from "../../../core/errors.ts";
import {
  type Account,
  blockEntryId,
  type LedgerBlock,
  type LedgerTransaction,
  type Movement,
  type Observation,
} from "../../../core/model.ts";
import type { VoteRule } from "../profile.ts";
import type { SolanaBlock, SolanaTransaction } from "../read-block.ts";
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
  const own: Movement[] = [];
  const after = new Map<Account, bigint>();
  for (const transaction of block.transactions) {
    const movements = readLamportMovements(transaction, after);
    if (votes !== "kept" && isVote(transaction, votes)) {
      own.push(...movements);
      continue;
    }
    movements.push(...readTokenMovements(transaction));
    transactions.push(buildTransaction(transaction, movements, transactions.length));
  }
  readRewards(block, own, after);
  burnIncinerated(own, after);
  if (own.length > 0) {
    const id = blockEntryId(block.ref.hash);
    const movements = sumAlike(own);
    transactions.push({ id, index: transactions.length, status: "success", fee: null, movements });
  }
  const observations: Observation[] = [];
  for (const [account, amount] of after) observations.push({ account, asset: NATIVE_ASSET, amount });
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
  { signatures, keys, meta }: SolanaTransaction,
  movements: readonly Movement[],
  index: number,
): LedgerTransaction {
  return {
    id: signatures[0] as string,
    index,
    status: meta.failed ? "failed" : "success",
    fee: { payer: keys[0] as string, asset: NATIVE_ASSET, amount: meta.fee },
    movements,
  };
}

/** The changes of lamports, the fee apart; `after` is brought up to date for the accounts that changed. */
function readLamportMovements({ keys, meta }: SolanaTransaction, after: Map<Account, bigint>): Movement[] {
  const movements: Movement[] = [];
  for (let i = 0; i < keys.length; i++) {
    const account = keys[i] as string;
    const now = meta.after[i] as bigint;
    let delta = now - (meta.before[i] as bigint);
    if (i === 0 && meta.fee > 0n) {
      movements.push({ account, asset: NATIVE_ASSET, delta: -meta.fee, kind: "fee" });
      delta += meta.fee;
      after.set(account, now);
    }
    if (delta === 0n) continue;
    movements.push({ account, asset: NATIVE_ASSET, delta, kind: "transfer" });
    after.set(account, now);
  }
  return movements;
}

function readRewards({ rewards }: SolanaBlock, own: Movement[], after: Map<Account, bigint>): void {
  for (const reward of rewards) {
    if (reward.lamports === 0n) continue;
    const kind = reward.kind === "Rent" ? "fee" : "reward";
    own.push({ account: reward.account, asset: NATIVE_ASSET, delta: reward.lamports, kind });
    if (reward.after !== undefined) after.set(reward.account, reward.after);
    else after.delete(reward.account);
  }
}

/**
 * What is sent to the incinerator is destroyed when the block ends (Agave's `Bank::freeze`), of which no transaction tells: its
 * balance after the last one is gone before the next block.
 */
function burnIncinerated(own: Movement[], after: Map<Account, bigint>): void {
  const burned = after.get(INCINERATOR) ?? 0n;
  if (burned === 0n) return;
  own.push({ account: INCINERATOR, asset: NATIVE_ASSET, delta: -burned, kind: "burn" });
  after.set(INCINERATOR, 0n);
}

/** One movement for each account and kind, in the order of their first. */
function sumAlike(movements: readonly Movement[]): Movement[] {
  const sums = new Map<string, Movement>();
  for (const movement of movements) {
    const key = `${movement.kind} ${movement.account}`;
    const known = sums.get(key);
    sums.set(key, known ? { ...known, delta: known.delta + movement.delta } : movement);
  }
  return [...sums.values()];
}
