import type { Chain, RecentBalance } from "../core/contracts/plugin.ts";
import type { ChainLedger, LedgerView } from "../core/contracts/store.ts";
import { HeadwaterError } from "../core/errors.ts";
import type { BalanceEntry } from "../core/ledger/account.ts";
import { LIMITS } from "../core/limits.ts";
import type { Account, BlockRef } from "../core/model.ts";
import type { BalancePair } from "./balance-verdicts.ts";
import { completenessOf } from "./ledger-amount.ts";
import type { LedgerWatch } from "./ledger-watch.ts";

/** Balances as one node told them, at heights of its own. */
export type ToldRecently = { readonly node: string; readonly balances: readonly RecentBalance[] };

/** An amount after the block that was asked for, null where the asset tells none, or why what the node told does not show it. */
export type LedBack = bigint | null | HeadwaterError;

/** What the ledger has of one account after two blocks of one branch. */
type Stretch = {
  readonly from: readonly BalanceEntry[];
  readonly to: readonly BalanceEntry[];
  /** The ledger has every movement of the account in between. */
  readonly isWhole: boolean;
};

type Answer = RecentBalance & { readonly node: string };

const AGAIN = { sameNode: true, otherNode: true };

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
  async lead(
    pairs: readonly BalancePair[],
    at: BlockRef,
    { node, balances }: ToldRecently,
    signal: AbortSignal,
  ): Promise<readonly LedBack[]> {
    const answers = balances.map((balance) => ({ ...balance, node }));
    const [newest] = answers.toSorted((a, b) => b.height - a.height);
    if (newest) await this.#untilThere(at, newest, signal);
    using view = this.#ledger.view();
    const now = (await view.block(at.height))?.ref;
    if (newest && now?.hash !== at.hash) {
      throw this.#unavailable(at, newest, `block ${at.height} (${at.hash}) is no longer of the indexed chain`);
    }
    const placeOf = once(
      (answer: Answer) => `${answer.height} ${answer.hash}`,
      (answer) => this.#placeOf(view, at, answer),
    );
    const stretchOf = once(
      ({ account, to }: StretchAsked) => `${to} ${account}`,
      async ({ account, to }) => ({
        ...(await readStretch(view, account, at.height, to)),
        isWhole: this.#ledger.terms.scope !== "watched" || (view.watched(account)?.since ?? to) <= at.height,
      }),
    );
    const places = await Promise.all(answers.map(placeOf));
    return await Promise.all(
      pairs.map(async (pair, i): Promise<LedBack> => {
        const answer = answers[i];
        if (!answer || answer.amount === null) return null;
        const { hash, height } = places[i] as BlockRef;
        if (hash === at.hash) return answer.amount;
        if (!this.#keeps(view, pair.account, at)) {
          return this.#unavailable(at, answer, `the ledger does not keep the movements of ${pair.account} since`);
        }
        return this.#leadOne(pair, answer.amount, at, answer, await stretchOf({ account: pair.account, to: height }));
      }),
    );
  }

  async #untilThere(at: BlockRef, told: Answer, signal: AbortSignal): Promise<void> {
    const tip = () => this.#ledger.position?.tip;
    const isThere = () => (tip()?.height ?? -1) >= told.height || tip()?.hash === told.hash;
    const isFar = told.height > (tip()?.height ?? -1) + LIMITS.recentBalanceAheadBlocks;
    if (!isFar && (await this.#watch.until(isThere, LIMITS.recentBalanceWaitMs, signal))) return;
    const when = isFar ? "is too far behind" : `did not come there within ${LIMITS.recentBalanceWaitMs} ms`;
    throw this.#unavailable(at, told, `the ledger ${when}: it is at ${tip()?.height ?? "nothing"}`);
  }

  /** The block after which the node told the balance, as one of the ledger's chain. */
  async #placeOf(view: LedgerView, at: BlockRef, told: Answer): Promise<BlockRef> {
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

  #leadOne({ account, asset }: BalancePair, amount: bigint, at: BlockRef, told: Answer, stretch: Stretch): LedBack {
    const of = ({ asset: named }: BalanceEntry) => named === asset;
    const [before, after] = [stretch.from.find(of), stretch.to.find(of)];
    const what = `${asset} of ${account}`;
    if (!stretch.isWhole) {
      return this.#unavailable(at, told, `the ledger does not have every movement since: ${account} is not watched`);
    }
    if (completenessOf(this.#chain, this.#ledger, asset) !== "complete") {
      return this.#unavailable(at, told, `the ledger does not have every movement since: ${asset} is partial`);
    }
    if (after?.disputed) return this.#unavailable(at, told, `the ledger's movements of ${what} are in dispute`);
    const moved = (after?.sum ?? 0n) - (before?.sum ?? 0n);
    if (amount >= moved) return amount - moved;
    return this.#unavailable(at, told, `${amount} ${what} is less than what came to it since`);
  }

  #unavailable(at: BlockRef, { node, height }: Answer, why: string, retry?: typeof AGAIN): HeadwaterError {
    return new HeadwaterError(
      "balance-unavailable",
      `${this.#chain.info.id}: node ${node} told a balance after block ${height}, not ${at.height}, and ${why}`,
      { details: { height: at.height, hash: at.hash, node, toldHeight: height }, ...(retry && { retry }) },
    );
  }
}

type StretchAsked = { readonly account: Account; readonly to: number };

async function readStretch(
  view: LedgerView,
  account: Account,
  from: number,
  to: number,
): Promise<Omit<Stretch, "isWhole">> {
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
