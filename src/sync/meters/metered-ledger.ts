import type { Clock } from "../../core/clock.ts";
import type { MetricRegistry } from "../../core/contracts/metrics.ts";
import type {
  ChainLedger,
  FinalityMarks,
  FoundMismatch,
  KnownBalance,
  LedgerTerms,
  LedgerView,
  Position,
  RollbackOptions,
  WatchedAccount,
} from "../../core/contracts/store.ts";
import type { Mismatch } from "../../core/ledger/account.ts";
import type { SealedBlock } from "../../core/ledger/seal.ts";
import type { Account, Asset, AssetInfo, BlockRef } from "../../core/model.ts";
import { SYNC_METRICS } from "../metrics.ts";

/** A chain's ledger whose commits and reorgs are counted, timed and told of. Everything else is passed on as it is. */
export class MeteredLedger implements ChainLedger {
  readonly #ledger: ChainLedger;
  readonly #clock: Clock;
  readonly #onMoved: () => void;
  readonly #labels: { readonly chain: string };
  readonly #meters;

  /** @param onMoved called after each commit and reorg */
  constructor(ledger: ChainLedger, metrics: MetricRegistry, clock: Clock, onMoved: () => void) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.#onMoved = onMoved;
    this.#labels = { chain: ledger.terms.chain };
    this.#meters = {
      commit: metrics.histogram(SYNC_METRICS.commitDuration),
      blocks: metrics.counter(SYNC_METRICS.committedBlocks),
      movements: metrics.counter(SYNC_METRICS.committedMovements),
      mismatches: metrics.counter(SYNC_METRICS.mismatches),
      depth: metrics.histogram(SYNC_METRICS.reorgDepth),
      rollback: metrics.histogram(SYNC_METRICS.rollbackDuration),
    };
    for (const counter of [this.#meters.blocks, this.#meters.movements, this.#meters.mismatches]) {
      counter.add(this.#labels, 0);
    }
  }

  get terms(): LedgerTerms {
    return this.#ledger.terms;
  }

  get position(): Position | undefined {
    return this.#ledger.position;
  }

  get partialAssets(): ReadonlySet<Asset> {
    return this.#ledger.partialAssets;
  }

  async commit(blocks: readonly SealedBlock[], marks?: FinalityMarks, durable?: boolean): Promise<readonly Mismatch[]> {
    const movements = this.position?.movements ?? 0;
    const startedAt = this.#clock.now();
    const mismatches = await this.#ledger.commit(blocks, marks, durable);
    const { commit, ...count } = this.#meters;
    commit.observe(this.#labels, (this.#clock.now() - startedAt) / 1000);
    count.blocks.add(this.#labels, blocks.length);
    count.movements.add(this.#labels, Math.max(0, (this.position?.movements ?? 0) - movements));
    count.mismatches.add(this.#labels, mismatches.length);
    this.#onMoved();
    return mismatches;
  }

  async rollback(to: BlockRef | null, options?: RollbackOptions): Promise<number> {
    const startedAt = this.#clock.now();
    const depth = await this.#ledger.rollback(to, options);
    this.#onMoved();
    if (depth === 0) return 0;
    this.#meters.rollback.observe(this.#labels, (this.#clock.now() - startedAt) / 1000);
    this.#meters.depth.observe(this.#labels, depth);
    return depth;
  }

  async dispute(found: FoundMismatch): Promise<void> {
    await this.#ledger.dispute(found);
    this.#meters.mismatches.add(this.#labels);
  }

  mark(marks: FinalityMarks): Promise<void> {
    return this.#ledger.mark(marks);
  }

  learnBalances(balances: readonly KnownBalance[]): Promise<void> {
    return this.#ledger.learnBalances(balances);
  }

  watch(accounts: readonly WatchedAccount[]): Promise<readonly WatchedAccount[]> {
    return this.#ledger.watch(accounts);
  }

  unwatch(accounts: readonly Account[]): Promise<readonly boolean[]> {
    return this.#ledger.unwatch(accounts);
  }

  watched(): AsyncIterable<WatchedAccount> {
    return this.#ledger.watched();
  }

  putAssetInfo(entries: readonly { readonly asset: Asset; readonly info: AssetInfo }[]): Promise<void> {
    return this.#ledger.putAssetInfo(entries);
  }

  view(): LedgerView {
    return this.#ledger.view();
  }
}
