import type { Position } from "../../core/contracts/store.ts";
import type { Database } from "./database.ts";
import { RowReader } from "./reader.ts";

/**
 * The state after one write, shared by all views of it: one database snapshot however many views. It is let go when the
 * next write has replaced it and its last view is disposed.
 */
export class SharedSnapshot {
  readonly reader: RowReader;
  readonly position: Position | undefined;
  /** How many writes of this chain came before. */
  readonly version: number;
  readonly #close: () => Promise<void>;
  #holders = 1;

  constructor(database: Database, position: Position | undefined, version: number) {
    const snapshot = database.snapshot();
    this.#close = () => snapshot.close();
    this.reader = new RowReader(database, snapshot);
    this.position = position;
    this.version = version;
  }

  hold(): this {
    this.#holders++;
    return this;
  }

  letGo(): void {
    this.#holders--;
    // The database's own close waits for snapshots that are closing, and there is nobody to tell of a failure here.
    if (this.#holders === 0) this.#close().catch(() => undefined);
  }
}
