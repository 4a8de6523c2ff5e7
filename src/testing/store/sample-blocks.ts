import { type SealedBlock, sealBlock } from "../../core/ledger/seal.ts";
import type {
  BlockRef,
  LedgerTransaction,
  Movement,
  MovementKind,
  Observation,
  TransactionOutput,
} from "../../core/model.ts";

/** A movement in short: account, asset, change, and what it was (a transfer, where it is left out). */
export type SampleMovement = readonly [account: string, asset: string, delta: bigint, kind?: MovementKind];

/** A transaction of a chain whose coins are outputs. What it spends and makes is its movements, but for amounts of 0. */
export type SampleCoins = {
  /** Left out, it is `sampleId`. */
  readonly id?: string;
  readonly spends?: readonly TransactionOutput[];
  /** At the positions 0, 1, … */
  readonly makes?: readonly (readonly [account: string, asset: string, amount: bigint])[];
  readonly coinbase?: boolean;
};

export type SampleBlock = {
  /** The movements of each transaction, or the outputs that it spends and makes, in order. */
  readonly transactions?: readonly (readonly SampleMovement[] | SampleCoins)[];
  readonly observations?: readonly (readonly [account: string, asset: string, amount: bigint])[];
  /** Tells blocks of one height apart: part of the hash and of every transaction's id. */
  readonly fork?: string;
  readonly trail?: Uint8Array<ArrayBuffer>;
  /** Heights left out between the parent and this block. */
  readonly skipped?: number;
  /** Sealed as where only these accounts are watched. Absent: everything is kept. */
  readonly watched?: readonly string[];
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
  const transactions = (sample.transactions ?? []).map((given, index) =>
    isMovements(given) ? sampleTransaction(hash, index, given) : sampleCoins(hash, index, given),
  );
  const observations: Observation[] = (sample.observations ?? []).map(([account, asset, amount]) => {
    return { account, asset, amount };
  });
  const ref = { height, hash, parentHash: parent.hash, parentHeight: parent.height, time: height * 1000 };
  const { trail, watched } = sample;
  const keeps = watched && ((account: string) => watched.includes(account));
  return { ...sealBlock({ ref, transactions, observations, ...(trail && { trail }) }, keeps), transactions };
}

/** The id of a sample block's transaction. */
export function sampleId(blockHash: string, index: number): string {
  return `transaction-${index}-of-${blockHash}`;
}

/** An output that a sample block's transaction makes: what another may spend. */
export function outputOf(block: Sample, index: number, position: number): TransactionOutput {
  const output = block.transactions[index]?.outputs?.makes[position];
  if (output === undefined)
    throw new Error(`block ${block.ref.hash} has no output ${position} of transaction ${index}`);
  return output;
}

function isMovements(given: readonly SampleMovement[] | SampleCoins): given is readonly SampleMovement[] {
  return Array.isArray(given);
}

function sampleCoins(blockHash: string, index: number, sample: SampleCoins): LedgerTransaction {
  const id = sample.id ?? sampleId(blockHash, index);
  const spends = sample.spends ?? [];
  const makes = (sample.makes ?? []).map(([account, asset, amount], position) => {
    return { id: `${id}:${position}`, account, asset, amount };
  });
  const movements = [
    ...spends.map(({ account, asset, amount }) => ({ account, asset, delta: -amount, kind: "transfer" as const })),
    ...makes.map(({ account, asset, amount }) => ({ account, asset, delta: amount, kind: "transfer" as const })),
  ].filter(({ delta }) => delta !== 0n);
  const coinbase = sample.coinbase ?? false;
  return { id, index, status: "success", fee: null, movements, outputs: { spends, makes, coinbase } };
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
