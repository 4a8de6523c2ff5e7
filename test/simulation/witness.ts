import type { ChainNode, ChainPlugin, NodeTransport } from "../../src/core/contracts/plugin.ts";
import type { BlockRef } from "../../src/core/model.ts";
import type { HonestChain } from "./family.ts";

export type Seat = { readonly operator: string; readonly region: string };

/** Everything that nodes have told the engine, heard on the way: what it may claim rests on nothing else. */
export class Witness {
  /** All blocks that anybody told, and all honest ones. */
  readonly #blocks = new Map<string, BlockRef>();
  /** For every node the blocks that it told, with all that is known below them. */
  readonly #covered = new Map<string, Set<string>>();
  /** For every node the tips of which none is known to be older than the others, newest last. */
  readonly #tips = new Map<string, readonly BlockRef[]>();
  readonly #seats: ReadonlyMap<string, Seat>;

  /** @param seats by the node's name */
  constructor(seats: ReadonlyMap<string, Seat>) {
    this.#seats = seats;
  }

  know(chain: HonestChain): void {
    for (const { ref } of chain.blocks) this.#blocks.set(ref.hash, ref);
  }

  /** The plugin with every node's answers overheard. */
  overhear(plugin: ChainPlugin): ChainPlugin {
    return {
      ...plugin,
      open: (config) => {
        const chain = plugin.open(config);
        return { ...chain, connect: (transport) => this.#listen(chain.connect(transport), transport) };
      },
    };
  }

  /** A node told this block. */
  note(node: string, ref: BlockRef): void {
    if (!this.#blocks.has(ref.hash)) this.#blocks.set(ref.hash, ref);
    let covered = this.#covered.get(node);
    if (!covered) {
      covered = new Set();
      this.#covered.set(node, covered);
    }
    for (let at: BlockRef | undefined = ref; at && !covered.has(at.hash); at = this.#blocks.get(at.parentHash)) {
      covered.add(at.hash);
    }
  }

  /** Those who told the block or one upon it, and whose newest tip (or one as new) does not contradict it. */
  behind(ref: BlockRef): { readonly operators: number; readonly regions: ReadonlySet<string> } {
    return this.#count(ref, (node) => {
      const tips = this.#tips.get(node) ?? [];
      return tips.some((tip) => this.#isWithin(ref, tip) || this.#isWithin(tip, ref));
    });
  }

  /** Operators that ever told the block or one upon it. */
  everBehind(ref: BlockRef): number {
    return this.#count(ref, () => true).operators;
  }

  #count(ref: BlockRef, stands: (node: string) => boolean) {
    const seats = [...this.#covered].flatMap(([node, covered]) =>
      covered.has(ref.hash) && stands(node) ? [this.#seats.get(node) as Seat] : [],
    );
    return {
      operators: new Set(seats.map(({ operator }) => operator)).size,
      regions: new Set(seats.map(({ region }) => region)),
    };
  }

  /** Whether `low` is `high` or one of the blocks below it. */
  #isWithin(low: BlockRef, high: BlockRef): boolean {
    let at: BlockRef | undefined = high;
    while (at && at.height > low.height) at = this.#blocks.get(at.parentHash);
    return at?.hash === low.hash;
  }

  #listen(node: ChainNode, { node: name }: NodeTransport): ChainNode {
    const note = (ref: BlockRef) => this.note(name, ref);
    // What is told while a node is asked for its tips is as new as its answer.
    const noteTip = (ref: BlockRef, since: readonly BlockRef[] = []) => {
      note(ref);
      this.#tips.set(name, [...since, ref]);
    };
    const { watchTips, listHeights, readRecentBalances, listPending, fetchPending } = node;
    return {
      ...(listHeights && { listHeights: (...asked) => listHeights.call(node, ...asked) }),
      ...(readRecentBalances && { readRecentBalances: (...asked) => readRecentBalances.call(node, ...asked) }),
      ...(listPending && { listPending: (options) => listPending.call(node, options) }),
      ...(fetchPending && { fetchPending: (ids, options) => fetchPending.call(node, ids, options) }),
      probe: (options) => node.probe(options),
      fetchTips: async (options) => {
        const before = this.#tips.get(name) ?? [];
        const tips = await node.fetchTips(options);
        noteTip(
          tips.tip,
          (this.#tips.get(name) ?? []).filter((tip) => !before.includes(tip)),
        );
        if (tips.safe) note(tips.safe);
        if (tips.finalized) note(tips.finalized);
        return tips;
      },
      fetchHeader: async (at, options) => {
        const ref = await node.fetchHeader(at, options);
        note(ref);
        return ref;
      },
      fetchBlock: (at, profile, options) => node.fetchBlock(at, profile, options),
      readBalances: (queries, at, options) => node.readBalances(queries, at, options),
      readAssetInfo: (assets, options) => node.readAssetInfo(assets, options),
      ...(watchTips && {
        watchTips: (onTip: (tip: BlockRef) => void, signal: AbortSignal) =>
          watchTips((tip) => {
            noteTip(tip);
            onTip(tip);
          }, signal),
      }),
    };
  }
}
