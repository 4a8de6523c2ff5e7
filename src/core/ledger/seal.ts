import { createHash } from "node:crypto";
import { ByteWriter } from "../bytes.ts";
import { HeadwaterError } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import type { BlockRef, LedgerBlock, Observation } from "../model.ts";
import { type BlockChanges, sumChanges } from "./changes.ts";
import { encodeTransaction } from "./codec.ts";
import { type OutputChanges, sumOutputs } from "./output-changes.ts";

/**
 * A decoded block as what a store commits: canonical bytes, the hash over them, and what they do to balances. Crosses
 * threads as it is.
 */
export type SealedBlock = {
  readonly ref: BlockRef;
  /** The canonical bytes of each transaction, in the block's order: views of one buffer that belongs to nothing else. */
  readonly encoded: readonly Uint8Array<ArrayBuffer>[];
  readonly changes: BlockChanges;
  readonly observations: readonly Observation[];
  /** The net of what its transactions spend and make; absent where there is nothing of the kind. */
  readonly outputs?: OutputChanges;
  readonly trail?: Uint8Array<ArrayBuffer>;
  /** 32 bytes: SHA-256 over the block ref and all canonical transactions. */
  readonly ledgerHash: Uint8Array;
};

/**
 * Encodes and hashes a decoded block. Pure.
 * @throws HeadwaterError `plugin-invalid` when the block cannot be written, its transactions are not numbered from 0
 *   without gaps, its outputs are not as `sumOutputs` expects them, or its trail is too long
 */
export function sealBlock(block: LedgerBlock): SealedBlock {
  if (block.trail && block.trail.length > LIMITS.trailBytes) {
    const message = `block ${block.ref.height}: its trail has ${block.trail.length} bytes, more than ${LIMITS.trailBytes}`;
    throw new HeadwaterError("plugin-invalid", message);
  }
  const writer = new ByteWriter(256 * Math.max(1, block.transactions.length));
  const ends: number[] = [];
  for (const [position, transaction] of block.transactions.entries()) {
    if (transaction.index !== position) {
      throw new HeadwaterError(
        "plugin-invalid",
        `block ${block.ref.height}: transaction ${transaction.id} has the index ${transaction.index}, expected ${position}`,
      );
    }
    encodeTransaction(transaction, writer);
    ends.push(writer.length);
  }
  const all = writer.take();
  const encoded = ends.map((end, i) => all.subarray(i === 0 ? 0 : ends[i - 1], end));
  const { changes, names } = sumChanges(block.transactions);
  const outputs = sumOutputs(block.transactions, names);
  return {
    ref: block.ref,
    encoded,
    changes,
    observations: block.observations,
    ...(outputs && { outputs }),
    ...(block.trail && { trail: block.trail }),
    ledgerHash: hashLedger(block.ref, encoded),
  };
}

/**
 * The hash over one block's ledger, from its ref and the canonical bytes of its transactions. Every field of the ref is
 * covered. @throws HeadwaterError `plugin-invalid` for a ref that cannot be, like a parent at or above the block's height
 */
export function hashLedger(ref: BlockRef, encoded: readonly Uint8Array[]): Uint8Array {
  const head = new ByteWriter(160);
  head.varint(ref.height);
  head.text(ref.hash);
  head.text(ref.parentHash);
  // The heights skipped since the parent: 0 on most chains, and never less.
  head.varint(ref.height - ref.parentHeight - 1);
  head.varint(ref.time);
  head.varint(encoded.length);
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
