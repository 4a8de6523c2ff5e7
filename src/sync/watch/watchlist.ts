import type { Clock } from "../../core/clock.ts";
import type { WatchedAccounts, WatchOutcome } from "../../core/contracts/service.ts";
import type { ChainLedger, WatchedAccount } from "../../core/contracts/store.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import type { Account } from "../../core/model.ts";
import { AccountTable } from "./account-table.ts";
import type { WatchedDecoder } from "./watched-decoder.ts";

export type WatchlistOptions = {
  readonly ledger: ChainLedger;
  readonly clock: Clock;
  /** What decodes all blocks: told which accounts are kept, and asked how far it was given blocks. */
  readonly decoder: Pick<WatchedDecoder, "watch" | "highest">;
  /** These accounts are new: their balances are not known. */
  readonly onNew: (accounts: readonly Account[]) => void;
};

/** Which accounts one chain of scope `watched` keeps, and since which height. */
export class Watchlist implements WatchedAccounts {
  readonly #options: WatchlistOptions;
  #table = AccountTable.make(0);
  /** Places of the table that are taken, also by accounts that are watched no longer. */
  #taken = 0;
  #count = 0;
  /** Changes come one after the other: whether an account is new is to be seen in the store. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(options: WatchlistOptions) {
    this.#options = options;
  }

  /** As the store has it. To be done before any block is decoded. */
  static async load(options: WatchlistOptions): Promise<Watchlist> {
    const list = new Watchlist(options);
    const stored: WatchedAccount[] = [];
    for await (const watched of options.ledger.watched()) stored.push(watched);
    list.#fill(stored, 0);
    list.#count = stored.length;
    return list;
  }

  get count(): number {
    return this.#count;
  }

  watch(accounts: readonly Account[]): Promise<readonly WatchOutcome[]> {
    return this.#inTurn(() => this.#watch(accounts));
  }

  unwatch(accounts: readonly Account[]): Promise<readonly boolean[]> {
    return this.#inTurn(async () => {
      const known = await this.#options.ledger.unwatch(accounts);
      // Afterwards: should it fail, the blocks that come are kept as before.
      for (const account of accounts) this.#table.forget(account);
      this.#count -= known.filter((was) => was).length;
      return known;
    });
  }

  async #watch(accounts: readonly Account[]): Promise<readonly WatchOutcome[]> {
    const { ledger, clock, decoder, onNew } = this.#options;
    const fresh = this.#unknown(accounts);
    if (this.#count + fresh.size > LIMITS.watchedAccounts) {
      throw new HeadwaterError(
        "watchlist-full",
        `${ledger.terms.chain}: ${this.#count} accounts are watched and ${fresh.size} more are asked for: expected at most ${LIMITS.watchedAccounts}`,
        {
          details: { chain: ledger.terms.chain, watched: this.#count, asked: fresh.size, most: LIMITS.watchedAccounts },
        },
      );
    }
    await this.#makeRoom(fresh.size);
    // From here to the store's turn nothing is waited for. Decoders know the accounts before they are handed any block above
    // this height, and the store before it is handed that block.
    const since = Math.max(decoder.highest, ledger.position?.tip.height ?? ledger.terms.startHeight - 1);
    const at = clock.now();
    for (const account of fresh) if (this.#table.set(account, since)) this.#taken++;
    const stored = ledger.watch(accounts.map((account) => ({ account, since, at })));
    try {
      const watched = await stored;
      this.#count += fresh.size;
      onNew([...fresh]);
      const first = new Set(fresh);
      return watched.map((each) => ({ ...each, isNew: first.delete(each.account) }));
    } catch (error) {
      for (const account of fresh) this.#table.forget(account);
      throw error;
    }
  }

  #unknown(accounts: readonly Account[]): Set<Account> {
    using view = this.#options.ledger.view();
    return new Set(accounts.filter((account) => view.watched(account) === undefined));
  }

  /** A larger table, without the places of accounts that are watched no longer, where there is no room for more. */
  async #makeRoom(more: number): Promise<void> {
    if (this.#taken + more <= this.#table.room) return;
    const stored: WatchedAccount[] = [];
    for await (const watched of this.#options.ledger.watched()) stored.push(watched);
    this.#fill(stored, more);
  }

  #fill(stored: readonly WatchedAccount[], more: number): void {
    // Room for as many again: growing costs as much as reading all of them.
    this.#table = AccountTable.make(2 * (stored.length + more));
    for (const { account, since } of stored) this.#table.set(account, since);
    this.#taken = stored.length;
    const { decoder, ledger } = this.#options;
    decoder.watch(ledger.terms.chain, this.#table.buffer);
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(change);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
