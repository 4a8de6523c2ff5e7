import { ByteWriter } from "../../core/bytes.ts";
import { LIMITS } from "../../core/limits.ts";
import { encodeEntry } from "./account-row.ts";
import { keyNumber, numberKey, spilledKey, textKey } from "./keys.ts";
import { openRow, type PackedRow, RowCursor } from "./packed-row.ts";
import type { RowReader } from "./reader.ts";
import type { RowBatch } from "./row-batch.ts";
import { readEntry, type WorkingAccount, type WorkingEntry } from "./working-account.ts";

const scratch = new ByteWriter(4096);

/** Writes changed accounts: inline where their entries fit into one row, else as rows of their own. */
export class AccountWriter {
  readonly #chain: number;
  readonly #reader: RowReader;
  readonly #rows: RowBatch;

  constructor(chain: number, reader: RowReader, rows: RowBatch) {
    this.#chain = chain;
    this.#reader = reader;
    this.#rows = rows;
  }

  /** Adds the account's rows to the batch, and gives its row as it is then; undefined when nothing is left of it. */
  write(account: WorkingAccount): PackedRow | undefined | Promise<PackedRow | undefined> {
    const { count, spilled } = account;
    if (count > LIMITS.accountInlineAssets) return this.#writeSpilled(account, count);
    if (spilled === 0) return this.#writeInline(account);
    return this.#unspill(account).then(() => this.#writeInline(account));
  }

  #writeInline(account: WorkingAccount): PackedRow | undefined {
    const { entries, row } = account;
    const kept = entries.filter((entry) => !entry.dropped).sort((a, b) => a.asset - b.asset);
    const key = this.#key(account);
    scratch.reset();
    scratch.varint(account.number);
    scratch.varint(0);
    const header = scratch.length;
    let next = 0;
    const cursor = row === undefined || row.spilled > 0 ? undefined : new RowCursor(row.bytes, row.start);
    while (cursor?.next()) {
      const { asset } = cursor;
      for (; next < kept.length && (kept[next] as WorkingEntry).asset <= asset; next++)
        writeSlot(kept[next] as WorkingEntry);
      if (!account.touches(asset)) scratch.raw(cursor.bytes.subarray(cursor.from, cursor.at));
    }
    for (; next < kept.length; next++) writeSlot(kept[next] as WorkingEntry);
    if (scratch.length === header) {
      this.#rows.accounts.del(key);
      return undefined;
    }
    return this.#put(key);
  }

  #writeSpilled(account: WorkingAccount, count: number): PackedRow | undefined {
    const { entries, row, number, spilled } = account;
    const rows = this.#rows.spilled;
    if (spilled === 0 && row) {
      const cursor = new RowCursor(row.bytes, row.start);
      while (cursor.next()) rows.put(spilledKey(this.#chain, number, cursor.asset), cursor.bytesOfEntry());
    }
    for (const entry of entries) {
      const key = spilledKey(this.#chain, number, entry.asset);
      // Rows of one key keep their order in the batch: a touched entry's row comes after the one copied above.
      if (entry.dropped) rows.del(key);
      else if (entry.dirty) rows.put(key, encodeEntry(entry));
    }
    if (count === spilled) return row;
    scratch.reset();
    scratch.varint(number);
    scratch.varint(count);
    return this.#put(this.#key(account));
  }

  /** Takes a spilled account's entries back, so that a rollback leaves the very rows that were before. */
  async #unspill(account: WorkingAccount): Promise<void> {
    const range = {
      gte: numberKey(this.#chain, "spilled", account.number),
      lt: numberKey(this.#chain, "spilled", account.number + 1),
    };
    for await (const [key, value] of this.#reader.walk(range)) {
      const asset = keyNumber(key, 5);
      this.#rows.spilled.del(key);
      if (account.peek(asset) === undefined) account.take(readEntry(account.text, asset, value), true);
    }
  }

  #put(key: Uint8Array): PackedRow {
    const bytes = scratch.finish();
    this.#rows.accounts.put(key, bytes);
    return openRow(bytes);
  }

  #key(account: WorkingAccount): Uint8Array {
    return account.key ?? textKey(this.#chain, "account", account.text);
  }
}

function writeSlot(entry: WorkingEntry): void {
  scratch.varint(entry.asset);
  scratch.blob(encodeEntry(entry));
}
