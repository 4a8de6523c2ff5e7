import {
  type ConflictRecord,
  type Cordon,
  EVIDENCE_KINDS,
  type Evidence,
  type EvidenceCounts,
  type OperationRecords,
  type StoredEvidence,
} from "../../core/contracts/records.ts";
import { LIMITS } from "../../core/limits.ts";
import { corruptRow } from "./database.ts";
import { cordonKey, cordonRange, evidenceKey, STORE, splitRecordKey, textKey } from "./keys.ts";
import type { StoreCore } from "./ledger.ts";
import {
  decodeConflict,
  decodeCordon,
  decodeEvidence,
  encodeConflict,
  encodeCordon,
  encodeEvidence,
  kindOfEvidence,
} from "./operation-rows.ts";
import type { Row } from "./reader.ts";
import { RowBatch } from "./row-batch.ts";

/** The records of all chains, beside their ledgers in the same database. */
export class LevelRecords implements OperationRecords {
  readonly #core: StoreCore;
  /** Counted from the rows once, then kept right by every write: the rows are too many to count for each who asks. */
  readonly #counts = new Map<string, EvidenceCounts>();

  constructor(core: StoreCore) {
    this.#core = core;
  }

  addEvidence(chain: string, evidence: Evidence): Promise<StoredEvidence> {
    return this.#core.queue.run(async () => {
      const { reader, database } = this.#core;
      const newest = await reader.first({ ...evidenceRange(chain), reverse: true });
      const sequence = (newest ? sequenceOf(newest[0]) : 0) + 1;
      const counts = { ...(this.#counts.get(chain) ?? (await this.#count(chain))) };
      const rows = new RowBatch();
      // More than one is over the cap only where the cap was lowered since.
      const kept = Math.max(1, sequence - LIMITS.evidenceEntries + 1);
      for await (const [key, value] of reader.walk({ gte: evidenceKey(chain, 0), lt: evidenceKey(chain, kept) })) {
        rows.del(key);
        const kind = kindOfEvidence(value);
        if (kind) counts[kind]--;
      }
      const row = encodeEvidence(evidence);
      rows.put(evidenceKey(chain, sequence), row);
      counts[evidence.kind]++;
      await rows.write(database, true);
      this.#counts.set(chain, counts);
      // As it was kept: long texts are cut.
      return { ...decodeEvidence(row), sequence };
    });
  }

  async evidenceCounts(chain: string): Promise<EvidenceCounts> {
    this.#core.gate.check();
    const known = this.#counts.get(chain);
    if (known) return known;
    // Between two writes, so that none is left out.
    return await this.#core.queue.run(async () => {
      const counts = this.#counts.get(chain) ?? (await this.#count(chain));
      this.#counts.set(chain, counts);
      return counts;
    });
  }

  async #count(chain: string): Promise<EvidenceCounts> {
    const counts = Object.fromEntries(EVIDENCE_KINDS.map((kind) => [kind, 0])) as Record<Evidence["kind"], number>;
    for await (const [, value] of this.#core.reader.walk(evidenceRange(chain))) {
      const kind = kindOfEvidence(value);
      if (kind) counts[kind]++;
    }
    return counts;
  }

  evidence(chain: string, limit: number, before?: number): Promise<readonly StoredEvidence[]> {
    if (limit <= 0) return Promise.resolve([]);
    return this.#core.gate.run(async () => {
      const { gte, lt } = evidenceRange(chain);
      const end = before === undefined ? lt : evidenceKey(chain, Math.max(0, before));
      return (await this.#core.reader.range({ gte, lt: end, reverse: true }, limit)).map(readEvidenceRow);
    });
  }

  cordons(chain: string): Promise<readonly Cordon[]> {
    return this.#core.gate.run(async () => {
      const cordons: Cordon[] = [];
      for await (const row of this.#core.reader.walk(cordonRange(chain))) cordons.push(readCordonRow(row));
      return cordons;
    });
  }

  cordon(chain: string, cordon: Cordon): Promise<void> {
    return this.#put(cordonKey(chain, cordon.node), () => encodeCordon(cordon));
  }

  uncordon(chain: string, node: string): Promise<void> {
    return this.#put(cordonKey(chain, node), () => undefined);
  }

  conflict(chain: string): Promise<ConflictRecord | undefined> {
    return this.#core.gate.run(async () => {
      const key = textKey(STORE, "conflict", chain);
      const value = this.#core.reader.get(key);
      return value && readConflictRow([key, value]);
    });
  }

  setConflict(chain: string, conflict: ConflictRecord | undefined): Promise<void> {
    return this.#put(textKey(STORE, "conflict", chain), () => conflict && encodeConflict(conflict));
  }

  #put(key: Uint8Array, encode: () => Uint8Array | undefined): Promise<void> {
    return this.#core.queue.run(async () => {
      const rows = new RowBatch();
      const value = encode();
      if (value === undefined) rows.del(key);
      else rows.put(key, value);
      await rows.write(this.#core.database, true);
    });
  }
}

function evidenceRange(chain: string): { readonly gte: Uint8Array; readonly lt: Uint8Array } {
  return { gte: evidenceKey(chain, 0), lt: evidenceKey(chain, Number.MAX_SAFE_INTEGER) };
}

function sequenceOf(key: Buffer): number {
  return Number(key.readBigUInt64BE(key.length - 8));
}

/** @throws HeadwaterError `store-corrupt` that names the row */
export function readEvidenceRow([key, value]: Row): StoredEvidence {
  const sequence = sequenceOf(key);
  return readRow(key, `evidence ${sequence}`, () => ({ ...decodeEvidence(value), sequence }));
}

/** @throws HeadwaterError `store-corrupt` that names the row */
export function readCordonRow([key, value]: Row): Cordon {
  const node = splitRecordKey(key).rest.text();
  return readRow(key, `the cordon of node ${node}`, () => decodeCordon(value, node));
}

/** @throws HeadwaterError `store-corrupt` that names the row */
export function readConflictRow([key, value]: Row): ConflictRecord {
  return readRow(key, "the conflict", () => decodeConflict(value));
}

function readRow<T>(key: Uint8Array, what: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw corruptRow(`${what} of chain ${splitRecordKey(key).chain}`, error);
  }
}
