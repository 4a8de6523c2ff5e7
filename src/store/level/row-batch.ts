import { asStoreError, type Database, type DatabaseBatch } from "./database.ts";
import { Pace } from "./pace.ts";
import { TableRows } from "./table-rows.ts";

/** Rows handed to the database between two looks at the clock. */
const ROWS_PER_LOOK = 512;

/** Rows to be written in one atomic batch. What is put is copied. */
export class RowBatch {
  /** Current records by account: after chain, table and length comes the account. */
  readonly accounts: TableRows = new TableRows(4);
  /** By account number, whose upper byte is zero in practice. */
  readonly balances: TableRows = new TableRows(4);
  readonly spilled: TableRows = new TableRows(4);
  readonly histories: TableRows = new TableRows(4);
  readonly transactionIds: TableRows = new TableRows(3);
  /** By what comes after the two bytes that tell the length of a hash. */
  readonly outputs: TableRows = new TableRows(5);
  readonly accountOutputs: TableRows = new TableRows(4);
  readonly #others: [key: Uint8Array, value: Uint8Array | undefined][] = [];

  put(key: Uint8Array, value: Uint8Array): void {
    this.#others.push([key, value]);
  }

  del(key: Uint8Array): void {
    this.#others.push([key, undefined]);
  }

  #tables(): readonly TableRows[] {
    const { accounts, balances, spilled, histories, transactionIds, outputs, accountOutputs } = this;
    return [accounts, balances, spilled, histories, transactionIds, outputs, accountOutputs];
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
      for (const table of this.#tables()) {
        let rows = 0;
        for (const at of table.order()) {
          const value = table.value(at);
          if (value === undefined) batch.del(table.key(at));
          else batch.put(table.key(at), value);
          if (++rows % ROWS_PER_LOOK === 0 && pace.due) await pace.turn();
        }
      }
      await batch.write(durable ? { sync: true } : {});
    } catch (error) {
      await batch?.close();
      throw asStoreError(error, "writing a batch");
    }
  }
}
