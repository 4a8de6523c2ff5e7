import { writeSha256 } from "./hashing.ts";
import { hashSinglesOnce } from "./sha256/batch.ts";
import type { TransactionTable } from "./transactions.ts";

/**
 * The ids of all transactions, 32 bytes each, on the wire's order: a hash over all but marker, flags and witnesses, so that
 * witnesses cannot change it (BIP141).
 */
export function hashTransactions(bytes: Buffer, table: TransactionTable): Buffer {
  const ids = Buffer.allocUnsafe(table.count * 32);
  const scratch = new Scratch();
  for (let i = 0; i < table.count; i++) {
    const start = table.start[i] as number;
    const end = table.end[i] as number;
    const bodyStart = table.bodyStart[i] as number;
    if (bodyStart === start + 4) {
      writeSha256(bytes.subarray(start, end), ids, i * 32);
      continue;
    }
    scratch.clear();
    scratch.add(bytes, start, start + 4);
    scratch.add(bytes, bodyStart, table.bodyEnd[i] as number);
    scratch.add(bytes, end - 4, end);
    writeSha256(scratch.bytes, ids, i * 32);
  }
  // The second of the two hashes, of all at once.
  hashSinglesOnce(ids, ids, table.count);
  return ids;
}

/**
 * The witness ids of all transactions (BIP141): over the witnesses too, 32 zero bytes for the coinbase, and the id itself
 * where there are no witnesses.
 */
export function hashWitnesses(bytes: Buffer, table: TransactionTable, ids: Buffer): Buffer {
  const hashes = Buffer.allocUnsafe(ids.length);
  const scratch = new Scratch();
  for (let i = 1; i < table.count; i++) {
    const bodyStart = table.bodyStart[i] as number;
    const witnessEnd = table.witnessEnd[i] as number;
    if (witnessEnd === table.bodyEnd[i]) continue;
    const start = table.start[i] as number;
    const end = table.end[i] as number;
    scratch.clear();
    scratch.add(bytes, start, start + 4);
    scratch.addMarker();
    // The flag of extension blocks and what it announces are no part of the hash.
    scratch.add(bytes, bodyStart, witnessEnd);
    scratch.add(bytes, end - 4, end);
    writeSha256(scratch.bytes, hashes, i * 32);
  }
  hashSinglesOnce(hashes, hashes, table.count);
  hashes.fill(0, 0, 32);
  for (let i = 1; i < table.count; i++) {
    if (table.witnessEnd[i] === table.bodyEnd[i]) ids.copy(hashes, i * 32, i * 32, i * 32 + 32);
  }
  return hashes;
}

/** Whether any transaction has witnesses. */
export function hasWitnesses(table: TransactionTable): boolean {
  return table.witnessEnd.some((end, i) => end !== table.bodyEnd[i]);
}

/** Bytes gathered for one hash: hashing one piece takes a third of the time of hashing three. */
class Scratch {
  #bytes = Buffer.allocUnsafe(1024);
  #length = 0;

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  add(from: Buffer, start: number, end: number): void {
    this.#reserve(end - start);
    this.#length += from.copy(this.#bytes, this.#length, start, end);
  }

  /** Marker and flag of witnesses (BIP144). */
  addMarker(): void {
    this.#reserve(2);
    this.#bytes[this.#length++] = 0;
    this.#bytes[this.#length++] = 1;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + more));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
