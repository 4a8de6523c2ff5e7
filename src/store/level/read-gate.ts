import { HeadwaterError } from "../../core/errors.ts";

/** Counts reads under way, so that closing can wait for them rather than break them off. */
export class ReadGate {
  #reading = 0;
  #closed = false;
  #idle: PromiseWithResolvers<void> | undefined;

  /** @throws HeadwaterError `store-closed` */
  async run<T>(read: () => Promise<T>): Promise<T> {
    this.check();
    this.#reading++;
    try {
      return await read();
    } finally {
      this.#reading--;
      if (this.#reading === 0) this.#idle?.resolve();
    }
  }

  /** @throws HeadwaterError `store-closed` */
  check(): void {
    if (this.#closed) throw new HeadwaterError("store-closed", "the store is closed: nothing can be read");
  }

  /** Lets no more reads in and waits for those under way. May be called twice. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#reading === 0) return;
    this.#idle ??= Promise.withResolvers();
    await this.#idle.promise;
  }
}
