import { createHash } from "node:crypto";
import { ByteWriter } from "../bytes.ts";
import { HeadwaterError } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import type { Account, BlockRef, LedgerBlock, LedgerTransaction, Observation } from "../model.ts";
import { type BlockChanges, sumChanges } from "./changes.ts";
import { encodeTransaction } from "./codec.ts";
import { type OutputChanges, sumOutputs } from "./output-changes.ts";

/**
 * A decoded block as what a store commits: canonical bytes, the hash over them, and what they do to balances. Crosses
 * threads as it is.
 */
export type SealedBlock = {
  readonly ref: BlockRef;
  /**
   * Where only watched accounts are kept: what the block has in all. Transactions, changes and observations are then those of
   * watched accounts alone, and there are no outputs. Absent where everything is kept.
   */
  readonly whole?: BlockCounts;
  /** The canonical bytes of each kept transaction, in the block's order: views of one buffer that belongs to nothing else. */
  readonly encoded: readonly Uint8Array<ArrayBuffer>[];
  readonly changes: BlockChanges;
  readonly observations: readonly Observation[];
  /** The net of what its transactions spend and make; absent where there is nothing of the kind. */
  readonly outputs?: OutputChanges;
  readonly trail?: Uint8Array<ArrayBuffer>;
  /** 32 bytes: SHA-256 over the block ref and all canonical transactions, whether or not they are kept. */
  readonly ledgerHash: Uint8Array;
};

export type BlockCounts = { readonly transactions: number; readonly movements: number };

/**
 * Encodes and hashes a decoded block. Pure.
 * @param keeps which accounts are watched, where others are not kept: what touches none of them is hashed and left out
 * @throws HeadwaterError `plugin-invalid` when the block cannot be written, its transactions are not numbered from 0
 *   without gaps, its outputs are not as `sumOutputs` expects them, or its trail is too long
 */
export function sealBlock(block: LedgerBlock, keeps?: (account: Account) => boolean): SealedBlock {
  const { ref, transactions, trail } = block;
  if (trail && trail.length > LIMITS.trailBytes) {
    const message = `block ${ref.height}: its trail has ${trail.length} bytes, more than ${LIMITS.trailBytes}`;
    throw new HeadwaterError("plugin-invalid", message);
  }
  const writer = keeps ? passing : new ByteWriter(256 * Math.max(1, transactions.length));
  const ends = encodeAll(block, writer);
  // They stand one behind the other: hashed at once, a block of thousands costs one call instead of thousands.
  const ledgerHash = hashLedger(ref, [writer.view(0, writer.length)], transactions.length);
  const kept = keeps ? keepWatched(block, writer, ends, keeps) : keepAll(block, writer, ends);
  return { ref, ...kept, ...(trail && { trail }), ledgerHash };
}

type Kept = Omit<SealedBlock, "ref" | "trail" | "ledgerHash">;

/** Blocks of which little is kept pass through one buffer, as large as the largest of them. */
const passing = new ByteWriter(64 * 1024);

/** Writes the transactions one behind the other, and tells where each ends. */
function encodeAll({ ref, transactions }: LedgerBlock, writer: ByteWriter): number[] {
  writer.reset();
  return transactions.map((transaction, position) => {
    if (transaction.index !== position) {
      throw new HeadwaterError(
        "plugin-invalid",
        `block ${ref.height}: transaction ${transaction.id} has the index ${transaction.index}, expected ${position}`,
      );
    }
    encodeTransaction(transaction, writer);
    return writer.length;
  });
}

function keepAll({ transactions, observations }: LedgerBlock, writer: ByteWriter, ends: readonly number[]): Kept {
  const { changes, names } = sumChanges(transactions);
  const outputs = sumOutputs(transactions, names);
  return { encoded: cut(writer.take(), ends), changes, observations, ...(outputs && { outputs }) };
}

function keepWatched(
  { transactions, observations }: LedgerBlock,
  writer: ByteWriter,
  ends: readonly number[],
  keeps: (account: Account) => boolean,
): Kept {
  let movements = 0;
  const kept: LedgerTransaction[] = [];
  const keptEnds: number[] = [];
  let size = 0;
  for (const transaction of transactions) {
    movements += transaction.movements.length;
    if (!transaction.movements.some(({ account }) => keeps(account))) continue;
    kept.push(transaction);
    size += lengthOf(transaction, ends);
    keptEnds.push(size);
  }
  const bytes = new Uint8Array(size);
  for (const [i, { index }] of kept.entries()) {
    bytes.set(writer.view(ends[index - 1] ?? 0, ends[index] as number), keptEnds[i - 1] ?? 0);
  }
  return {
    whole: { transactions: transactions.length, movements },
    encoded: cut(bytes, keptEnds),
    changes: sumChanges(kept, keeps).changes,
    observations: observations.filter(({ account }) => keeps(account)),
  };
}

function lengthOf({ index }: LedgerTransaction, ends: readonly number[]): number {
  return (ends[index] as number) - (ends[index - 1] ?? 0);
}

function cut(all: Uint8Array<ArrayBuffer>, ends: readonly number[]): Uint8Array<ArrayBuffer>[] {
  return ends.map((end, i) => all.subarray(ends[i - 1] ?? 0, end));
}

/**
 * The hash over one block's ledger, from its ref and the canonical bytes of its transactions. Every field of the ref is
 * covered.
 * @param transactions how many there are, where some stand in one piece
 * @throws HeadwaterError `plugin-invalid` for a ref that cannot be, like a parent at or above the block's height
 */
export function hashLedger(ref: BlockRef, encoded: readonly Uint8Array[], transactions = encoded.length): Uint8Array {
  const head = new ByteWriter(160);
  head.varint(ref.height);
  head.text(ref.hash);
  head.text(ref.parentHash);
  // The heights skipped since the parent: 0 on most chains, and never less.
  head.varint(ref.height - ref.parentHeight - 1);
  head.varint(ref.time);
  head.varint(transactions);
  const hash = createHash("sha256").update(head.finish());
  for (const bytes of encoded) hash.update(bytes);
  // A buffer of its own: one out of the pool would cross threads with all its neighbours.
  return new Uint8Array(hash.digest());
}

/** The digest before the first indexed block. It binds the chain, the decoding profile and where the index starts. */
export function initialDigest(chain: string, profile: string, startHeight: number): Buffer {
  const head = new ByteWriter(160);
  head.text("headwater-ledger-1");
  head.text(chain);
  head.text(profile);
  head.varint(startHeight);
  return createHash("sha256").update(head.finish()).digest();
}

/** The running hash over the ledger: two replicas with the same profile and the same digest have the same ledger. */
export function nextDigest(digest: Uint8Array, ledgerHash: Uint8Array): Buffer {
  return createHash("sha256").update(digest).update(ledgerHash).digest();
}
