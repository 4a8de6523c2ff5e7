import type { Chain, CheckResult } from "../core/contracts/plugin.ts";
import type { LedgerView } from "../core/contracts/store.ts";
import { HeadwaterError } from "../core/errors.ts";
import type { SealedBlock } from "../core/ledger/seal.ts";
import { LIMITS } from "../core/limits.ts";

/** Rows read at once when trails are loaded. */
const ROWS_AT_ONCE = 64;

/**
 * The trails of the newest blocks, as many as the chain's rules look back at, in memory. Blocks are held against them in the
 * chain's order.
 */
export class Trails {
  readonly #chain: Pick<Chain, "info" | "verifyTrail">;
  readonly #depth: number;
  readonly #trails = new Map<number, Uint8Array>();
  /** Of every height from the first to the last it is known whether there is a trail. Empty where the last is lower. */
  #first = 0;
  #last = -1;

  /** @throws HeadwaterError `plugin-invalid` when the plugin looks back farther than `LIMITS.trails` */
  constructor(chain: Pick<Chain, "info" | "verifyTrail" | "trailBlocks">) {
    const depth = chain.verifyTrail ? (chain.trailBlocks ?? 0) : 0;
    if (!Number.isInteger(depth) || depth < 0 || depth > LIMITS.trails) {
      throw new HeadwaterError(
        "plugin-invalid",
        `${chain.info.id}: the plugin looks at the trails of ${depth} blocks, at most ${LIMITS.trails} are kept`,
      );
    }
    this.#chain = chain;
    this.#depth = depth;
  }

  /** Whether the chain has such rules. */
  get areKept(): boolean {
    return this.#chain.verifyTrail !== undefined;
  }

  /** Makes what is kept that of the blocks up to the view's tip: what was taken in and not committed is forgotten. */
  async load(view: LedgerView): Promise<void> {
    if (!this.#chain.verifyTrail) return;
    const tip = view.position?.tip.height ?? -1;
    for (; this.#last > tip; this.#last--) this.#trails.delete(this.#last);
    if (this.#last < tip || this.#last < this.#first) {
      this.#trails.clear();
      this.#first = tip + 1;
      this.#last = tip;
    }
    const wanted = Math.max(0, tip + 1 - this.#depth);
    while (this.#first > wanted) {
      const from = Math.max(wanted, this.#first - ROWS_AT_ONCE);
      const heights = Array.from({ length: this.#first - from }, (_, i) => from + i);
      const blocks = await Promise.all(heights.map((height) => view.block(height)));
      for (const block of blocks) if (block?.trail) this.#trails.set(block.ref.height, block.trail);
      this.#first = from;
    }
  }

  /**
   * Holds the block against those before it, and keeps its trail.
   * @throws IntegrityViolation
   */
  verify({ ref, trail }: Pick<SealedBlock, "ref" | "trail">): readonly CheckResult[] {
    const { verifyTrail } = this.#chain;
    if (!verifyTrail) return [];
    const checks = trail ? verifyTrail.call(this.#chain, ref, trail, (height) => this.#trails.get(height)) : [];
    if (trail) this.#trails.set(ref.height, trail);
    this.#last = ref.height;
    for (; this.#first < ref.height + 1 - this.#depth; this.#first++) this.#trails.delete(this.#first);
    return checks;
  }
}
