import type { Logger } from "../../core/contracts/logger.ts";
import type { Chain } from "../../core/contracts/plugin.ts";
import type { ChainLedger } from "../../core/contracts/store.ts";
import { LIMITS } from "../../core/limits.ts";
import type { Account } from "../../core/model.ts";
import { Aside } from "../aside.ts";
import type { BalanceAsker } from "../ask-balances.ts";
import { completenessOf } from "../ledger-amount.ts";

export type FirstBalancesOptions = {
  readonly chain: Chain;
  readonly ledger: ChainLedger;
  readonly asker: Pick<BalanceAsker, "ask">;
  readonly logger: Logger;
  /** More can be read now. */
  readonly onMore: () => void;
};

/**
 * Reads the balances of newly watched accounts from nodes, so that the ledger answers from then on: of the native asset, since of
 * others nobody knows which the account has. What cannot be read here is read when it is asked for first.
 */
export class FirstBalances {
  readonly #options: FirstBalancesOptions;
  readonly #waiting = new Set<Account>();
  readonly #aside: Aside;

  constructor(options: FirstBalancesOptions) {
    this.#options = options;
    this.#aside = new Aside(options.chain.info.id, options.logger);
  }

  /** A full list forgets the newest. */
  add(accounts: readonly Account[]): void {
    for (const account of accounts) if (this.#waiting.size < LIMITS.watchedUnreadAccounts) this.#waiting.add(account);
  }

  /** Reads a bounded number, unless that is under way. Beside the engine's steps, so that a new tip never waits for it. */
  begin(signal: AbortSignal): void {
    if (this.#waiting.size > 0) this.#aside.begin((inner) => this.#step(inner), signal);
  }

  /** Resolves when nothing is being read. */
  async settled(): Promise<void> {
    await this.#aside.settled();
  }

  /** Reads of those from which on the ledger is whole. */
  async #step(signal: AbortSignal): Promise<void> {
    const { chain, ledger, asker, onMore } = this.#options;
    using view = ledger.view();
    const block = view.position?.tip;
    if (!block) return;
    const asset = chain.info.nativeAsset;
    if (completenessOf(chain, ledger, asset) !== "complete") {
      // What nodes tell of it cannot be kept true.
      this.#waiting.clear();
      return;
    }
    const accounts: Account[] = [];
    for (const account of this.#waiting) {
      const since = view.watched(account)?.since;
      if (since !== undefined && since > block.height) break;
      this.#waiting.delete(account);
      if (since !== undefined && accounts.push(account) === LIMITS.balanceQueries) break;
    }
    if (accounts.length === 0) return;
    const pairs = accounts.map((account) => ({ account, asset }));
    const told = await asker.ask(pairs, block, { work: "reconciliation", signal });
    const lessons = pairs.flatMap((pair, i) => {
      const amount = told[i]?.amount;
      return typeof amount === "bigint" ? [{ ...pair, block, amount }] : [];
    });
    await ledger.learnBalances(lessons);
    if (this.#waiting.size > 0) onMore();
  }
}
