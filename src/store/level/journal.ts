import { createHash } from "node:crypto";
import { ByteReader, ByteWriter } from "../../core/bytes.ts";
import type { JournalEntry } from "../../core/contracts/store.ts";
import { decodeTransaction } from "../../core/ledger/codec.ts";
import type { BlockRef, LedgerTransaction } from "../../core/model.ts";
import { expectEnd } from "./account-row.ts";
import { readRef, writeRef } from "./block-rows.ts";
import { corruptRow } from "./database.ts";
import { journalKey, keySequence, tableRange } from "./keys.ts";
import type { RowReader } from "./reader.ts";
import type { RowBatch } from "./row-batch.ts";

/** The newest entry of the journal: its sequence number and hash. Before the first entry 0 and 32 zero bytes. */
export type JournalHead = { readonly sequence: number; readonly hash: Uint8Array };

export const EMPTY_JOURNAL: JournalHead = { sequence: 0, hash: Buffer.alloc(32) };

/** What an entry says, without its place in the chain of hashes. */
export type JournalFact = {
  readonly type: JournalEntry["type"];
  readonly chain: string;
  readonly ref: BlockRef;
  readonly digest: Uint8Array;
  /** Canonical bytes of the transactions taken back. */
  readonly retracted: readonly Uint8Array[];
};

const scratch = new ByteWriter(16 * 1024);

/** Adds an entry to a batch and gives the journal's new head. */
export function appendJournal(head: JournalHead, fact: JournalFact, rows: RowBatch): JournalHead {
  const sequence = head.sequence + 1;
  const body = encodeFact(fact);
  const hash = hashEntry(head.hash, sequence, body);
  rows.put(journalKey(sequence), Buffer.concat([head.hash, hash, body]));
  return { sequence, hash };
}

/** SHA-256 over the previous entry's hash, the sequence number (8 bytes, big-endian) and the entry's bytes. */
export function hashEntry(previous: Uint8Array, sequence: number, body: Uint8Array): Buffer {
  const place = Buffer.allocUnsafe(8);
  place.writeBigUInt64BE(BigInt(sequence));
  return createHash("sha256").update(previous).update(place).update(body).digest();
}

function encodeFact(fact: JournalFact): Buffer {
  scratch.reset();
  scratch.byte(fact.type === "commit" ? 0 : 1);
  scratch.text(fact.chain);
  writeRef(fact.ref, scratch);
  scratch.raw(fact.digest);
  scratch.varint(fact.retracted.length);
  for (const bytes of fact.retracted) scratch.blob(bytes);
  return scratch.finish();
}

/** A row taken apart, its body not read yet. */
export type JournalRow = {
  readonly sequence: number;
  readonly previousHash: Buffer;
  readonly hash: Buffer;
  readonly body: Buffer;
};

export function splitJournalRow(key: Buffer, value: Buffer): JournalRow {
  const sequence = keySequence(key);
  if (value.length < 64) throw corruptRow(`journal entry ${sequence}`);
  return { sequence, previousHash: value.subarray(0, 32), hash: value.subarray(32, 64), body: value.subarray(64) };
}

/** @throws HeadwaterError `store-corrupt` */
export function decodeJournalRow(row: JournalRow): JournalEntry {
  try {
    const reader = new ByteReader(row.body);
    const type = reader.byte() === 0 ? "commit" : "rollback";
    const chain = reader.text();
    const ref = readRef(reader);
    const digest = reader.raw(32).toString("hex");
    const count = reader.varint();
    const retracted: LedgerTransaction[] = [];
    for (let i = 0; i < count; i++) retracted.push(decodeTransaction(reader.blob()));
    expectEnd(reader);
    const { sequence } = row;
    return {
      sequence,
      type,
      chain,
      ref,
      digest,
      retracted,
      previousHash: row.previousHash.toString("hex"),
      hash: row.hash.toString("hex"),
    };
  } catch (error) {
    throw corruptRow(`journal entry ${row.sequence}`, error);
  }
}

/** The head as stored: the last entry's. */
export async function readJournalHead(reader: RowReader): Promise<JournalHead> {
  const last = await reader.first({ ...tableRange(0, "journal"), reverse: true });
  if (!last) return EMPTY_JOURNAL;
  const row = splitJournalRow(last[0], last[1]);
  return { sequence: row.sequence, hash: Buffer.from(row.hash) };
}

/** Entries with a sequence above `after`, oldest first, at most `limit`. */
export async function readJournal(reader: RowReader, after: number, limit: number): Promise<JournalEntry[]> {
  if (limit <= 0) return [];
  const { lt } = tableRange(0, "journal");
  const rows = await reader.range({ gte: journalKey(Math.max(0, Math.floor(after)) + 1), lt }, Math.floor(limit));
  return rows.map(([key, value]) => decodeJournalRow(splitJournalRow(key, value)));
}
