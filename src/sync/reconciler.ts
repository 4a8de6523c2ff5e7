import type { Logger } from "../core/contracts/logger.ts";
import type { Chain } from "../core/contracts/plugin.ts";
import type { ChainLedger, LedgerView } from "../core/contracts/store.ts";
import { asHeadwaterError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { Account, Asset, BlockRef } from "../core/model.ts";
import { ledgerAmount } from "./ledger-amount.ts";
import type { NodePool } from "./pool/node-pool.ts";
import type { PoolNode } from "./pool/pool-node.ts";

export type ReconcilerOptions = {
  readonly chain: Chain;
  readonly ledger: ChainLedger;
  readonly nodes: NodePool;
  readonly logger: Logger;
};

type Pair = { readonly account: Account; readonly asset: Asset };

/** How many operators must tell the same other amount before the ledger is called wrong. */
const WITNESSES = 2;

/**
 * Holds balances that the ledger answered against nodes, at a pinned block. Contracts that do not obey their own events
 * (rebasing tokens) are found this way: the balance is then disputed, and nodes serve it.
 */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  /** Answered by the ledger and not compared since, oldest first. A full queue forgets the newest: it comes again. */
  readonly #queue = new Map<string, Pair>();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /** The ledger answered for this account: compare it when there is time. */
  note(account: Account, asset: Asset): void {
    if (this.#queue.size < LIMITS.reconciliationPairs) this.#queue.set(`${account} ${asset}`, { account, asset });
  }

  /** Compares a bounded number of waiting balances with as many operators as it takes. Never throws for a node's fault. */
  async step(signal: AbortSignal): Promise<void> {
    const pairs = [...this.#queue.entries()].slice(0, LIMITS.reconciliationBatch);
    if (pairs.length === 0) return;
    for (const [key] of pairs) this.#queue.delete(key);
    using view = this.#options.ledger.view();
    const at = view.position?.tip;
    if (!at) return;
    try {
      await this.#compare(
        pairs.map(([, pair]) => pair),
        view,
        at,
        signal,
      );
    } catch (error) {
      signal.throwIfAborted();
      const failure = asHeadwaterError(error);
      if (failure.fault !== "node") throw failure;
      this.#options.logger.debug({ chain: at.hash, code: failure.code }, `reconciliation put off: ${failure.message}`);
    }
  }

  async #compare(pairs: readonly Pair[], view: LedgerView, at: BlockRef, signal: AbortSignal): Promise<void> {
    const nodes = this.#witnesses();
    const [first, ...others] = nodes;
    if (!first) return;
    const told = await readAt(first, pairs, at, signal);
    const suspects: { pair: Pair; expected: bigint; actual: bigint }[] = [];
    for (const [i, pair] of pairs.entries()) {
      const expected = await this.#ledgerAmount(view, pair, at);
      const actual = told[i];
      if (expected !== undefined && typeof actual === "bigint" && actual !== expected)
        suspects.push({ pair, expected, actual });
    }
    if (suspects.length === 0 || others.length + 1 < Math.min(WITNESSES, this.#options.nodes.operators)) return;
    const confirmed = await this.#confirm(suspects, others.slice(0, WITNESSES - 1), at, signal);
    for (const { pair, expected, actual } of confirmed) {
      const block = await this.#bisect(first, view, pair, at, signal);
      const wholeAsset = pair.asset !== this.#options.chain.info.nativeAsset;
      await this.#options.ledger.dispute({ ...pair, block, expected, actual, wholeAsset });
      this.#options.logger.error(
        {
          chain: this.#options.chain.info.id,
          ...pair,
          height: block.height,
          expected: `${expected}`,
          actual: `${actual}`,
        },
        "nodes contradict the ledger's balance: nodes serve it from now on",
      );
    }
  }

  /** Those suspects of which every further witness tells the same amount. */
  async #confirm<T extends { readonly pair: Pair; readonly actual: bigint }>(
    suspects: readonly T[],
    witnesses: readonly PoolNode[],
    at: BlockRef,
    signal: AbortSignal,
  ): Promise<T[]> {
    let confirmed = [...suspects];
    for (const witness of witnesses) {
      const told = await readAt(
        witness,
        confirmed.map(({ pair }) => pair),
        at,
        signal,
      );
      confirmed = confirmed.filter(({ actual }, i) => told[i] === actual);
    }
    return confirmed;
  }

  /**
   * The first block after which ledger and node differ, by halving. Where the node has no state so far back, the search
   * ends at the oldest block that it can tell.
   */
  async #bisect(node: PoolNode, view: LedgerView, pair: Pair, at: BlockRef, signal: AbortSignal): Promise<BlockRef> {
    let wrong = at;
    let low = this.#options.ledger.terms.startHeight;
    while (low < wrong.height) {
      const middle = (await view.block(Math.floor((low + wrong.height) / 2)))?.ref;
      if (!middle) break;
      const expected = await this.#ledgerAmount(view, pair, middle);
      const [actual] = await readAt(node, [pair], middle, signal).catch(() => [undefined]);
      if (typeof actual !== "bigint" || actual === expected) low = middle.height + 1;
      else wrong = middle;
    }
    return wrong;
  }

  async #ledgerAmount(view: LedgerView, { account, asset }: Pair, at: BlockRef): Promise<bigint | undefined> {
    const { chain, ledger } = this.#options;
    const height = at.height === view.position?.tip.height ? undefined : at.height;
    const entry = (await view.balances(account, height)).find((known) => known.asset === asset);
    return ledgerAmount(chain, ledger, asset, entry);
  }

  /** One usable node of each operator. */
  #witnesses(): PoolNode[] {
    const byOperator = new Map<string, PoolNode>();
    for (const node of this.#options.nodes.nodes) if (node.usable) byOperator.set(node.config.operator, node);
    return [...byOperator.values()];
  }
}

function readAt(node: PoolNode, pairs: readonly Pair[], at: BlockRef, signal: AbortSignal): Promise<(bigint | null)[]> {
  return node.client.readBalances(pairs, at, { signal, work: "reconciliation" });
}
