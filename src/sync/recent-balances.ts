import type { Chain, RecentBalance } from "../core/contracts/plugin.ts";
import type { ChainLedger, LedgerView } from "../core/contracts/store.ts";
import type { Holding, RecentHoldings } from "../core/contracts/wallet.ts";
import { HeadwaterError } from "../core/errors.ts";
import type { BalanceEntry } from "../core/ledger/account.ts";
import { LIMITS } from "../core/limits.ts";
import type { Account, BlockRef } from "../core/model.ts";
import type { BalancePair } from "./balance-verdicts.ts";
import { completenessOf } from "./ledger-amount.ts";
import type { LedgerWatch } from "./ledger-watch.ts";

/** What one node told of its newest states, each at a height of its own. */
export type ToldRecently<T> = { readonly node: string; readonly told: readonly T[] };

/** An amount after the block that was asked for, null where the asset tells none, or why what the node told does not show it. */
export type LedBack = bigint | null | HeadwaterError;

/** What the ledger has of one account after two blocks of one branch. */
type Stretch = { readonly from: readonly BalanceEntry[]; readonly to: readonly BalanceEntry[] };

/** Where a node stood when it told something. */
type Stand = Pick<RecentBalance, "height" | "hash"> & { readonly node: string };

/** Holdings that are those of the block that was asked for, null where the asset tells none, or why they need not be. */
export type LedHoldings = readonly Holding[] | null | HeadwaterError;

const AGAIN = { sameNode: true, otherNode: true };

/** @throws HeadwaterError `node-wrong-block` when a node told something of an older height than it was asked for */
export function assertNotBefore(at: BlockRef, told: readonly { readonly height: number }[], node: string): void {
  const older = told.find(({ height }) => height < at.height)?.height;
  if (older === undefined) return;
  throw new HeadwaterError(
    "node-wrong-block",
    `node ${node}: asked for balances of block ${at.height} or later, got one of block ${older}`,
    { details: { node, height: at.height, toldHeight: older } },
  );
}

/**
 * Leads balances that a node told at newer heights back to the block that was asked for: `balance(at) = told - movements since`,
 * by what the ledger has in between. So nodes that know the newest state only can be asked for the balances after one
 * block, and what different nodes tell of different heights can be compared.
 */
export class BackLeader {
  readonly #chain: Chain;
  readonly #ledger: ChainLedger;
  readonly #watch: LedgerWatch;

  constructor(chain: Chain, ledger: ChainLedger, watch: LedgerWatch) {
    this.#chain = chain;
    this.#ledger = ledger;
    this.#watch = watch;
  }

  /**
   * Waits until the ledger has come to where the node was. The answers are in the order of the pairs: an error where the ledger
   * does not have every movement in between.
   * @throws HeadwaterError `balance-unavailable` when the ledger does not come there in time, when `at` is no longer of its
   *   chain, or, to be asked again (`retry.sameNode`), when what was told is of another branch
   * @throws the signal's reason
   */
  lead(
    pairs: readonly BalancePair[],
    at: BlockRef,
    recent: ToldRecently<RecentBalance>,
    signal: AbortSignal,
  ): Promise<readonly LedBack[]> {
    return this.#inLedger(pairs, at, recent, signal, (view) => {
      const stretchOf = once(
        ({ account, to }: StretchAsked) => `${to} ${account}`,
        ({ account, to }) => readStretch(view, account, at.height, to),
      );
      return async (pair, { amount, ...stand }, { hash, height }) => {
        if (amount === null || hash === at.hash) return amount;
        const untold = this.#findUntold(view, pair, at, stand);
        if (untold) return untold;
        return this.#leadOne(pair, amount, at, stand, await stretchOf({ account: pair.account, to: height }));
      };
    });
  }

  /**
   * As `lead`, for the places in which balances lie: they are those of the block where the balance has not changed since. What
   * the account moved between its own places meanwhile does not show.
   * @throws as `lead`
   */
  leadHoldings(
    pairs: readonly BalancePair[],
    at: BlockRef,
    recent: ToldRecently<RecentHoldings>,
    signal: AbortSignal,
  ): Promise<readonly LedHoldings[]> {
    return this.#inLedger(
      pairs,
      at,
      recent,
      signal,
      (view) =>
        async (pair, { holdings, ...stand }, { hash, height }) => {
          if (holdings === null || hash === at.hash) return holdings;
          const untold = this.#findUntold(view, pair, at, stand);
          if (untold) return untold;
          const entry = (await view.balances(pair.account, height)).find(({ asset }) => asset === pair.asset);
          if (entry?.disputed !== true && (entry?.changedAt ?? at.height) <= at.height) return holdings;
          return this.#unavailable(at, stand, `${pair.asset} of ${pair.account} has changed or is in dispute since`);
        },
    );
  }

  /** Makes an answer of each thing told, given the ledger's block at which it was. */
  async #inLedger<T extends Pick<RecentBalance, "height" | "hash">, A>(
    pairs: readonly BalancePair[],
    at: BlockRef,
    { node, told }: ToldRecently<T>,
    signal: AbortSignal,
    answer: (view: LedgerView) => (pair: BalancePair, stand: T & Stand, place: BlockRef) => Promise<A>,
  ): Promise<readonly A[]> {
    const stands = told.map((one) => ({ ...one, node }));
    const [newest] = stands.toSorted((a, b) => b.height - a.height);
    if (newest) await this.#untilThere(at, newest, signal);
    using view = this.#ledger.view();
    const now = (await view.block(at.height))?.ref;
    if (newest && now?.hash !== at.hash) {
      throw this.#unavailable(at, newest, `block ${at.height} (${at.hash}) is no longer of the indexed chain`);
    }
    const placeOf = once(
      (stand: Stand) => `${stand.height} ${stand.hash}`,
      (stand) => this.#placeOf(view, at, stand),
    );
    const places = await Promise.all(stands.map(placeOf));
    const answerOne = answer(view);
    return await Promise.all(pairs.map((pair, i) => answerOne(pair, stands[i] as T & Stand, places[i] as BlockRef)));
  }

  /** Why the ledger cannot tell what has become of the balance since the block, if it cannot. */
  #findUntold(
    view: LedgerView,
    { account, asset }: BalancePair,
    at: BlockRef,
    stand: Stand,
  ): HeadwaterError | undefined {
    if (!this.#keeps(view, account, at)) {
      return this.#unavailable(at, stand, `the ledger does not keep the movements of ${account} since`);
    }
    if (completenessOf(this.#chain, this.#ledger, asset) === "complete") return undefined;
    return this.#unavailable(at, stand, `the ledger does not have every movement since: ${asset} is partial`);
  }

  async #untilThere(at: BlockRef, told: Stand, signal: AbortSignal): Promise<void> {
    const tip = () => this.#ledger.position?.tip;
    const isThere = () => (tip()?.height ?? -1) >= told.height || tip()?.hash === told.hash;
    const isFar = told.height > (tip()?.height ?? -1) + LIMITS.recentBalanceAheadBlocks;
    if (!isFar && (await this.#watch.until(isThere, LIMITS.recentBalanceWaitMs, signal))) return;
    const when = isFar ? "is too far behind" : `did not come there within ${LIMITS.recentBalanceWaitMs} ms`;
    throw this.#unavailable(at, told, `the ledger ${when}: it is at ${tip()?.height ?? "nothing"}`);
  }

  /** The block after which the node told the balance, as one of the ledger's chain. */
  async #placeOf(view: LedgerView, at: BlockRef, told: Stand): Promise<BlockRef> {
    const place = (await view.block(told.hash ?? told.height))?.ref;
    if (place && place.height >= at.height && place.height <= told.height) return place;
    throw this.#unavailable(at, told, "it stood on another branch than the ledger", AGAIN);
  }

  /** Whether the ledger has all of the account above the block. */
  #keeps(view: LedgerView, account: Account, { height }: BlockRef): boolean {
    if (this.#ledger.terms.scope !== "watched") return true;
    const watched = view.watched(account);
    return watched !== undefined && watched.since <= height;
  }

  #leadOne({ account, asset }: BalancePair, amount: bigint, at: BlockRef, told: Stand, stretch: Stretch): LedBack {
    const of = ({ asset: named }: BalanceEntry) => named === asset;
    const [before, after] = [stretch.from.find(of), stretch.to.find(of)];
    const what = `${asset} of ${account}`;
    if (after?.disputed) return this.#unavailable(at, told, `the ledger's movements of ${what} are in dispute`);
    const moved = (after?.sum ?? 0n) - (before?.sum ?? 0n);
    if (amount >= moved) return amount - moved;
    return this.#unavailable(at, told, `${amount} ${what} is less than what came to it since`);
  }

  #unavailable(at: BlockRef, { node, height }: Stand, why: string, retry?: typeof AGAIN): HeadwaterError {
    return new HeadwaterError(
      "balance-unavailable",
      `${this.#chain.info.id}: node ${node} told a balance after block ${height}, not ${at.height}, and ${why}`,
      { details: { height: at.height, hash: at.hash, node, toldHeight: height }, ...(retry && { retry }) },
    );
  }
}

type StretchAsked = { readonly account: Account; readonly to: number };

async function readStretch(view: LedgerView, account: Account, from: number, to: number): Promise<Stretch> {
  const after = await view.balances(account, to);
  const isStill = after.every(({ changedAt }) => changedAt <= from);
  return { from: isStill ? after : await view.balances(account, from), to: after };
}

/** The same answer for what has the same key. */
function once<Q, A>(keyOf: (question: Q) => string, answer: (question: Q) => Promise<A>): (question: Q) => Promise<A> {
  const known = new Map<string, Promise<A>>();
  return (question) => {
    const key = keyOf(question);
    const found = known.get(key) ?? answer(question);
    known.set(key, found);
    return found;
  };
}
