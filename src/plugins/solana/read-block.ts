import type { BlockLocator, RawBlock } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import type { BlockRef } from "../../core/model.ts";
import { readAccounts } from "./codec/accounts.ts";
import { Answer, type Json } from "./codec/answer.ts";
import { type Reward, readReward } from "./codec/reward.ts";
import { TransactionMeta } from "./codec/transaction-meta.ts";
import { SolanaTransaction } from "./solana-transaction.ts";

/** A block that is being verified or decoded. */
export type SolanaBlock = {
  readonly ref: BlockRef;
  readonly transactions: readonly SolanaTransaction[];
  readonly rewards: readonly Reward[];
  /** Node and slot, as errors name them. */
  readonly where: string;
};

/**
 * Reads the result of `getBlock`. The answer does not say its slot: it is the one asked for.
 * @param block the `result` of the answer, parsed exactly
 * @throws HeadwaterError `node-bad-response`, `node-wrong-block`
 */
export function readBlock(block: unknown, { node, asked }: Pick<RawBlock, "node" | "asked">): SolanaBlock {
  const slot = asked.height;
  if (slot === undefined) throw new HeadwaterError("internal", "a block was asked for without its slot");
  const where = `node ${node}, slot ${slot}`;
  const answer = new Answer(where);
  const record = answer.record(block, "the block");
  const ref = readRef(answer, record, slot);
  expectAsked(asked, ref, node);
  const transactions = answer.list(record["transactions"], "transactions").map((value, i) => {
    const path = `transactions[${i}]`;
    const entry = answer.record(value, path);
    const meta = new TransactionMeta(answer, entry["meta"], path);
    const accounts = readAccounts(entry["transaction"], meta, { answer, path });
    const transaction = new SolanaTransaction(accounts, meta);
    checkLengths(answer, transaction, path);
    return transaction;
  });
  const rewards = answer
    .optionalList(record["rewards"], "rewards")
    .map((value, i) => readReward(answer, value, `rewards[${i}]`));
  return { ref, transactions, rewards, where };
}

/** The ref of the block at the slot. @throws HeadwaterError `node-bad-response` */
export function readRef(answer: Answer, record: Json, slot: number): BlockRef {
  const parentHeight = answer.count(record["parentSlot"], "parentSlot");
  if (slot > 0 && parentHeight >= slot) throw answer.refuse("parentSlot", `a slot before ${slot}`, parentHeight);
  return {
    height: slot,
    hash: answer.text(record["blockhash"], "blockhash"),
    parentHash: readParentHash(answer, record["previousBlockhash"], slot),
    parentHeight: slot === 0 ? -1 : parentHeight,
    time: readTime(answer, record["blockTime"]),
  };
}

/** What nodes write for a parent whose hash they no longer have. */
const NO_HASH = "11111111111111111111111111111111";

function readParentHash(answer: Answer, value: unknown, slot: number): string {
  const hash = answer.text(value, "previousBlockhash");
  if (hash === NO_HASH && slot > 0) throw answer.refuse("previousBlockhash", "the parent's hash", hash);
  return hash;
}

/** Nodes did not estimate the time of early blocks. They stand at the epoch's start rather than at a made-up time. */
function readTime(answer: Answer, value: unknown): number {
  return value === null || value === undefined ? 0 : answer.count(value, "blockTime") * 1000;
}

function checkLengths(answer: Answer, transaction: SolanaTransaction, path: string): void {
  const { count, meta, wire } = transaction;
  const signatures = wire ? wire.signatures : transaction.signatures.length;
  if (signatures === 0) throw answer.refuse(`${path}.transaction.signatures`, "at least one", []);
  if (count === 0) throw answer.refuse(`${path}.transaction`, "at least one account", []);
  const { lamportsBefore, lamportsAfter, tokensBefore, tokensAfter } = meta;
  if (lamportsBefore.length !== count) {
    throw answer.refuse(`${path}.meta.preBalances`, `${count} balances`, lamportsBefore);
  }
  if (lamportsAfter.length !== count) {
    throw answer.refuse(`${path}.meta.postBalances`, `${count} balances`, lamportsAfter);
  }
  for (const { place } of tokensBefore) {
    if (place >= count) throw answer.refuse(`${path}.meta.preTokenBalances`, `places below ${count}`, place);
  }
  for (const { place } of tokensAfter) {
    if (place >= count) throw answer.refuse(`${path}.meta.postTokenBalances`, `places below ${count}`, place);
  }
}

function expectAsked(asked: BlockLocator, ref: BlockRef, node: string): void {
  if (!("hash" in asked) || asked.hash === ref.hash) return;
  throw new HeadwaterError(
    "node-wrong-block",
    `node ${node}: asked for block ${asked.hash} at slot ${ref.height}, got ${ref.hash}`,
    { details: { node, asked: asked.hash, hash: ref.hash, height: ref.height } },
  );
}
