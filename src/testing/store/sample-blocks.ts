import { type SealedBlock, sealBlock } from "../../core/ledger/seal.ts";
import type { BlockRef, LedgerTransaction, Movement, MovementKind, Observation } from "../../core/model.ts";

/** A movement in short: account, asset, change, and what it was (a transfer, where it is left out). */
export type SampleMovement = readonly [account: string, asset: string, delta: bigint, kind?: MovementKind];

export type SampleBlock = {
  /** The movements of each transaction, in order. */
  readonly transactions?: readonly (readonly SampleMovement[])[];
  readonly observations?: readonly (readonly [account: string, asset: string, amount: bigint])[];
  /** Tells blocks of one height apart: part of the hash and of every transaction's id. */
  readonly fork?: string;
  /** Heights left out between the parent and this block. */
  readonly skipped?: number;
};

/** The block that is the parent of the first sample block at `startHeight`. */
export function parentOfStart(startHeight: number): BlockRef {
  return {
    height: startHeight - 1,
    hash: `before-${startHeight}`,
    parentHash: "unknown",
    parentHeight: startHeight - 2,
    time: startHeight * 1000,
  };
}

/** A sealed block that still knows the transactions that it was made of. */
export type Sample = SealedBlock & { readonly transactions: readonly LedgerTransaction[] };

/** A sealed block upon `parent`. Its hash tells its height and its fork: `7a` is block 7 of fork a. */
export function sampleBlock(parent: BlockRef, sample: SampleBlock = {}): Sample {
  const height = parent.height + 1 + (sample.skipped ?? 0);
  const hash = `${height}${sample.fork ?? "a"}`;
  const transactions = (sample.transactions ?? []).map((movements, index) => sampleTransaction(hash, index, movements));
  const observations: Observation[] = (sample.observations ?? []).map(([account, asset, amount]) => {
    return { account, asset, amount };
  });
  const ref = { height, hash, parentHash: parent.hash, parentHeight: parent.height, time: height * 1000 };
  return { ...sealBlock({ ref, transactions, observations }), transactions };
}

/** The id of a sample block's transaction. */
export function sampleId(blockHash: string, index: number): string {
  return `transaction-${index}-of-${blockHash}`;
}

function sampleTransaction(blockHash: string, index: number, sample: readonly SampleMovement[]): LedgerTransaction {
  const movements: Movement[] = sample.map(([account, asset, delta, kind = "transfer"]) => {
    return { account, asset, delta, kind };
  });
  const fee = movements.find(({ kind }) => kind === "fee");
  return {
    id: sampleId(blockHash, index),
    index,
    status: sample.length === 1 && fee ? "failed" : "success",
    fee: fee ? { payer: fee.account, asset: fee.asset, amount: -fee.delta } : null,
    movements,
  };
}

/** Blocks one upon the other. */
export function sampleChain(parent: BlockRef, samples: readonly SampleBlock[]): Sample[] {
  const blocks: Sample[] = [];
  let tip = parent;
  for (const sample of samples) {
    const block = sampleBlock(tip, sample);
    blocks.push(block);
    tip = block.ref;
  }
  return blocks;
}
