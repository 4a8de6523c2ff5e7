import type { Logger } from "../../core/contracts/logger.ts";
import type { Chain } from "../../core/contracts/plugin.ts";
import type { ChainLedger } from "../../core/contracts/store.ts";
import { asHeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import type { Account } from "../../core/model.ts";
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
  #running: Promise<void> | undefined;

  constructor(options: FirstBalancesOptions) {
    this.#options = options;
  }

  /** A full list forgets the newest. */
  add(accounts: readonly Account[]): void {
    for (const account of accounts) if (this.#waiting.size < LIMITS.watchedUnreadAccounts) this.#waiting.add(account);
  }

  /** Reads a bounded number, unless that is under way. Beside the engine's steps, so that a new tip never waits for it. */
  begin(signal: AbortSignal): void {
    if (this.#waiting.size === 0) return;
    const { chain, logger, onMore } = this.#options;
    this.#running ??= this.#step(signal)
      .then((more) => {
        if (more) onMore();
      })
      .catch((error: unknown) => {
        if (signal.aborted) return;
        const { code, message, stack } = asHeadwaterError(error);
        logger.warn({ chain: chain.info.id, code, stack }, message);
      })
      .finally(() => {
        this.#running = undefined;
      });
  }

  /** Resolves when nothing is being read. */
  async settled(): Promise<void> {
    await this.#running;
  }

  /** Reads of those from which on the ledger is whole. @returns whether more can be read now */
  async #step(signal: AbortSignal): Promise<boolean> {
    const { chain, ledger, asker } = this.#options;
    using view = ledger.view();
    const block = view.position?.tip;
    if (!block) return false;
    const asset = chain.info.nativeAsset;
    if (completenessOf(chain, ledger, asset) !== "complete") {
      // What nodes tell of it cannot be kept true.
      this.#waiting.clear();
      return false;
    }
    const accounts: Account[] = [];
    for (const account of this.#waiting) {
      const since = view.watched(account)?.since;
      if (since !== undefined && since > block.height) break;
      this.#waiting.delete(account);
      if (since !== undefined && accounts.push(account) === LIMITS.balanceQueries) break;
    }
    if (accounts.length === 0) return false;
    const pairs = accounts.map((account) => ({ account, asset }));
    const told = await asker.ask(pairs, block, { work: "reconciliation", signal });
    const lessons = pairs.flatMap((pair, i) => {
      const amount = told[i]?.amount;
      return typeof amount === "bigint" ? [{ ...pair, block, amount }] : [];
    });
    await ledger.learnBalances(lessons);
    return this.#waiting.size > 0;
  }
}
