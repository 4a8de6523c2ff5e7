import { asStoreError, type Database, type DatabaseSnapshot, type Range } from "./database.ts";
import { bufferOf } from "./keys.ts";

/** Rows read in one crossing into the database while walking a range: bounds what a walk holds in memory. */
const WALK_ROWS = 256;

export type Row = readonly [key: Buffer, value: Buffer];

/** Reads rows of one state of the database: of a snapshot, or of the newest state where none is given. */
export class RowReader {
  readonly #database: Database;
  readonly #options: { keyEncoding: "view"; valueEncoding: "view"; snapshot?: DatabaseSnapshot };

  constructor(database: Database, snapshot?: DatabaseSnapshot) {
    this.#database = database;
    // Naming the encodings lets abstract-level take the options as they are rather than copy them at each read.
    this.#options = { keyEncoding: "view", valueEncoding: "view", ...(snapshot && { snapshot }) };
  }

  /** @throws HeadwaterError `store-failure`, `store-corrupt`, `store-closed` */
  get(key: Uint8Array): Buffer | undefined {
    try {
      const value = this.#database.getSync(key, this.#options);
      return value === undefined ? undefined : bufferOf(value);
    } catch (error) {
      throw asStoreError(error, "reading a row");
    }
  }

  /** In the order of the keys. @throws HeadwaterError `store-failure`, `store-corrupt`, `store-closed` */
  async getMany(keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    if (keys.length === 0) return [];
    try {
      return await this.#database.getMany(keys, this.#options);
    } catch (error) {
      throw asStoreError(error, "reading rows");
    }
  }

  /** At most `limit` rows of the range. */
  async range(range: Range, limit: number): Promise<Row[]> {
    const rows: Row[] = [];
    for await (const row of this.walk({ ...range, limit }, Math.min(limit, WALK_ROWS))) rows.push(row);
    return rows;
  }

  /** The first row of the range. */
  async first(range: Range): Promise<Row | undefined> {
    return (await this.range(range, 1))[0];
  }

  /** All rows of the range, read in portions. */
  async *walk(range: Range, portion = WALK_ROWS): AsyncGenerator<Row, void, void> {
    let iterator: ReturnType<Database["iterator"]> | undefined;
    try {
      iterator = this.#database.iterator({ ...range, ...this.#options });
      for (;;) {
        const rows = await iterator.nextv(portion);
        if (rows.length === 0) return;
        for (const [key, value] of rows) yield [bufferOf(key), bufferOf(value)];
      }
    } catch (error) {
      throw asStoreError(error, "reading a range of rows");
    } finally {
      await iterator?.close();
    }
  }
}
