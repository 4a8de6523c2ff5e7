import { asStoreError, type Database, type DatabaseBatch } from "./database.ts";
import { Pace } from "./pace.ts";

/** Rows above this stay in the order in which they came: the sort keeps their place in the lower 20 bits. */
const SORTABLE_ROWS = 2 ** 20;
/** Rows handed to the database between two looks at the clock. */
const ROWS_PER_LOOK = 512;

const DELETED = Symbol("deleted");

/**
 * The rows of one table in one batch. LevelDB keeps what is not on disk yet in a sorted list and inserts rows that come
 * in order several times faster than rows that come at random, so each table is sorted before it is handed over.
 */
class TableRows {
  readonly #keys: Uint8Array[] = [];
  readonly #values: (Uint8Array | typeof DELETED)[] = [];
  readonly #rankFrom: number;

  constructor(rankFrom: number) {
    this.#rankFrom = rankFrom;
  }

  get size(): number {
    return this.#keys.length;
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#keys.push(key);
    this.#values.push(value);
  }

  del(key: Uint8Array): void {
    this.#keys.push(key);
    this.#values.push(DELETED);
  }

  key(at: number): Uint8Array {
    return this.#keys[at] as Uint8Array;
  }

  value(at: number): Uint8Array | undefined {
    const value = this.#values[at];
    return value === DELETED ? undefined : value;
  }

  /** Places of the rows by the four bytes of their keys that tell them apart; rows of equal rank keep their order. A key that is shorter ranks as if zeros followed. */
  order(): Float64Array | undefined {
    const count = this.#keys.length;
    if (count < 2 || count > SORTABLE_ROWS) return undefined;
    const order = new Float64Array(count);
    const at = this.#rankFrom;
    for (let i = 0; i < count; i++) {
      const key = this.#keys[i] as Uint8Array;
      const low = ((key[at + 1] ?? 0) << 16) | ((key[at + 2] ?? 0) << 8) | (key[at + 3] ?? 0);
      order[i] = ((key[at] ?? 0) * 0x100_0000 + low) * SORTABLE_ROWS + i;
    }
    return order.sort();
  }
}

/** Rows to be written in one atomic batch. */
export class RowBatch {
  /** Current records by account: after chain, table and length comes the account. */
  readonly accounts: TableRows = new TableRows(4);
  /** Balance points and spilled entries by account number, whose upper byte is always zero in practice. */
  readonly balances: TableRows = new TableRows(4);
  readonly spilled: TableRows = new TableRows(4);
  readonly histories: TableRows = new TableRows(4);
  readonly transactionIds: TableRows = new TableRows(3);
  readonly #others: [key: Uint8Array, value: Uint8Array | undefined][] = [];

  put(key: Uint8Array, value: Uint8Array): void {
    this.#others.push([key, value]);
  }

  del(key: Uint8Array): void {
    this.#others.push([key, undefined]);
  }

  /** Writes all rows or none. @throws HeadwaterError `store-failure`, `store-closed` */
  async write(database: Database, durable: boolean): Promise<void> {
    const pace = new Pace();
    let batch: DatabaseBatch | undefined;
    try {
      batch = database.batch();
      for (const [key, value] of this.#others) {
        if (value === undefined) batch.del(key);
        else batch.put(key, value);
      }
      for (const table of [this.accounts, this.balances, this.spilled, this.histories, this.transactionIds]) {
        const order = table.order();
        for (let i = 0; i < table.size; i++) {
          const at = order === undefined ? i : (order[i] as number) % SORTABLE_ROWS;
          const value = table.value(at);
          if (value === undefined) batch.del(table.key(at));
          else batch.put(table.key(at), value);
          if (i % ROWS_PER_LOOK === 0 && pace.due) await pace.turn();
        }
      }
      await batch.write(durable ? { sync: true } : {});
    } catch (error) {
      await batch?.close();
      throw asStoreError(error, "writing a batch");
    }
  }
}
