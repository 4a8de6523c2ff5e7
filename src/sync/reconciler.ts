import type { Logger } from "../core/contracts/logger.ts";
import type { Chain } from "../core/contracts/plugin.ts";
import type { ChainLedger, LedgerView } from "../core/contracts/store.ts";
import { LIMITS } from "../core/limits.ts";
import type { Account, Asset, BlockRef } from "../core/model.ts";
import type { BalanceAsker, Told } from "./ask-balances.ts";
import type { BalancePair } from "./balance-verdicts.ts";
import { ledgerAmount } from "./ledger-amount.ts";

export type ReconcilerOptions = {
  readonly chain: Chain;
  readonly ledger: ChainLedger;
  readonly asker: BalanceAsker;
  readonly logger: Logger;
};

/** Nodes tell another amount than the ledger, which expects its own. */
type Suspect = BalancePair & Told & { readonly expected: bigint; readonly actual: bigint };

/**
 * Holds balances that the ledger answered against nodes, at a pinned block: by a proof or by as many operators as it takes. Contracts that do not obey their own events
 * (rebasing tokens) are found this way: the balance is then disputed, and nodes serve it.
 */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  /** Answered by the ledger and not compared since, oldest first. A full queue forgets the newest: it comes again. */
  readonly #queue = new Map<string, BalancePair>();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /** The ledger answered for this account: compare it when there is time. */
  note(account: Account, asset: Asset): void {
    if (this.#queue.size < LIMITS.reconciliationPairs) this.#queue.set(`${account} ${asset}`, { account, asset });
  }

  /** Compares a bounded number of waiting balances with what nodes tell. Never throws for a node's fault. */
  async step(signal: AbortSignal): Promise<void> {
    const pairs = [...this.#queue.entries()].slice(0, LIMITS.reconciliationBatch);
    if (pairs.length === 0) return;
    for (const [key] of pairs) this.#queue.delete(key);
    using view = this.#options.ledger.view();
    const at = view.position?.tip;
    if (!at) return;
    await this.#compare(
      pairs.map(([, pair]) => pair),
      view,
      at,
      signal,
    );
  }

  async #compare(pairs: readonly BalancePair[], view: LedgerView, at: BlockRef, signal: AbortSignal): Promise<void> {
    const { asker, chain, ledger, logger } = this.#options;
    const told = await asker.ask(pairs, at, { work: "reconciliation", signal });
    const suspects: Suspect[] = [];
    for (const [i, pair] of pairs.entries()) {
      const answer = told[i] as Told;
      const expected = await this.#ledgerAmount(view, pair, at);
      if (expected === undefined || typeof answer.amount !== "bigint" || answer.amount === expected) continue;
      suspects.push({ ...pair, ...answer, expected, actual: answer.amount });
    }
    if (suspects.length === 0) return;
    const confirmed = await asker.confirm(suspects, at, { work: "reconciliation", signal });
    for (const { account, asset, expected, actual } of suspects.filter((_, i) => confirmed[i])) {
      // Led back from the newest state, every block of the past would differ by as much: there is nothing to search.
      const block = asker.tellsPast ? await this.#bisect(view, { account, asset }, at, signal) : at;
      const wholeAsset = asset !== chain.info.nativeAsset;
      await ledger.dispute({ account, asset, block, expected, actual, wholeAsset });
      logger.error(
        { chain: chain.info.id, account, asset, height: block.height, expected: `${expected}`, actual: `${actual}` },
        "nodes contradict the ledger's balance: nodes serve it from now on",
      );
    }
  }

  /**
   * The first block after which ledger and nodes differ, by halving. Where nodes have no state so far back, the search
   * ends at the oldest block that they can tell.
   */
  async #bisect(view: LedgerView, pair: BalancePair, at: BlockRef, signal: AbortSignal): Promise<BlockRef> {
    let wrong = at;
    let low = Math.max(this.#options.ledger.terms.startHeight, view.watched(pair.account)?.since ?? 0);
    while (low < wrong.height) {
      const half = Math.floor((low + wrong.height) / 2);
      const middle = (await view.nearestBlock(half, "below"))?.ref;
      if (!middle || middle.height < low) {
        // Every height from there to the middle is skipped.
        low = half + 1;
        continue;
      }
      const expected = await this.#ledgerAmount(view, pair, middle);
      const [told] = await this.#options.asker.ask([pair], middle, { work: "reconciliation", signal });
      if (typeof told?.amount !== "bigint" || told.amount === expected) low = middle.height + 1;
      else wrong = middle;
    }
    return wrong;
  }

  async #ledgerAmount(view: LedgerView, { account, asset }: BalancePair, at: BlockRef): Promise<bigint | undefined> {
    const { chain, ledger } = this.#options;
    const height = at.height === view.position?.tip.height ? undefined : at.height;
    const entry = (await view.balances(account, height)).find((known) => known.asset === asset);
    return ledgerAmount(chain, ledger, asset, entry);
  }
}
