import type { ExecutedTransaction } from "./executed-transaction.ts";

/** Blocks of one line, each the parent of the next. A branch begins where it leaves the line of its parent. */
export type Lineage = {
  /** Differs among those of a ledger; it makes their blocks differ. */
  readonly name: string;
  readonly parent: { readonly lineage: Lineage; readonly height: number } | undefined;
  /** The height of the first bank of its own. */
  readonly from: number;
  readonly banks: Bank[];
};

export type Reward = { readonly pubkey: string; readonly lamports: bigint; readonly postBalance: bigint };

/** A vote of a validator that still counts: its slot, and how many votes stand on it, itself included. */
export type Lockout = { readonly slot: number; readonly confirmations: number };
export type Tower = { readonly root: number | undefined; readonly lockouts: readonly Lockout[] };

/** The chain after a slot that has a block, with that block. What is above the line is known from its beginning. */
export type Bank = {
  readonly lineage: Lineage;
  readonly slot: number;
  /** Undefined for slot 0, and for the oldest that is kept. */
  parent: Bank | undefined;
  readonly parentSlot: number;
  readonly previousBlockhash: string;
  /** Blocks below this one. */
  readonly height: number;
  /** Seconds since the Unix epoch. */
  readonly time: number;
  readonly leader: string;
  /** Transactions of all blocks of its line up to and with it. */
  transactionCount: number;
  readonly transactions: ExecutedTransaction[];
  /** The accounts that its transactions and rewards wrote. */
  readonly written: Set<string>;
  blockhash: string;
  /** What votes for it name. */
  hash: string;
  rewards: readonly Reward[];
  /** What each validator has voted for in this line, by identity. */
  towers: ReadonlyMap<string, Tower>;
};

/** Whether one bank is another or lies below it on its line. */
export function isAncestor(bank: Bank, of: Bank): boolean {
  let lineage: Lineage | undefined = of.lineage;
  let height = of.height;
  while (lineage) {
    if (lineage === bank.lineage) return bank.height <= height;
    height = Math.min(height, lineage.parent?.height ?? 0);
    lineage = lineage.parent?.lineage;
  }
  return false;
}

/** The bank at a height of the line that ends in `tip`; undefined above it and below what is kept. */
export function bankAtHeight(tip: Bank, height: number): Bank | undefined {
  let lineage: Lineage | undefined = tip.lineage;
  while (lineage && height < lineage.from) lineage = lineage.parent?.lineage;
  if (!lineage || height > tip.height) return undefined;
  const [first] = lineage.banks;
  return first && lineage.banks[height - first.height];
}
