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
import { LIMITS } from "../../core/limits.ts";
import type { Account, Asset, AssetInfo, BlockRef } from "../../core/model.ts";
import { AnswerCache } from "./answer-cache.ts";
import { AssetNumbers } from "./assets.ts";
import { encodeAssetInfo, encodeCounters, encodePosition } from "./block-rows.ts";
import {
  type ChainContext,
  type ChainState,
  mergeMarks,
  type PreparedWrite,
  positionOf,
  readBlock,
} from "./chain-state.ts";
import { prepareCommit } from "./commit.ts";
import type { Database } from "./database.ts";
import { prepareErase, readFirstBlock } from "./erase.ts";
import type { JournalHead } from "./journal.ts";
import { numberKey, tableKey } from "./keys.ts";
import { prepareDispute, prepareLearning } from "./learn.ts";
import { OutputCache } from "./output-cache.ts";
import type { ReadGate } from "./read-gate.ts";
import type { RowReader } from "./reader.ts";
import { checkRollback, prepareRollback } from "./rollback.ts";
import { RowBatch } from "./row-batch.ts";
import { SharedSnapshot } from "./snapshot.ts";
import { LevelView, type ViewContext } from "./view.ts";
import { prepareForget, prepareSweep, prepareUnwatch, prepareWatch } from "./watch.ts";
import { notWatching, walkWatched, walkWatchedAbove } from "./watched.ts";
import { AccountRecords } from "./working-set.ts";
import type { WriteQueue } from "./write-queue.ts";

/** What the chains of one store share. `journal` changes only inside the queue. */
export type StoreCore = {
  readonly database: Database;
  readonly reader: RowReader;
  readonly queue: WriteQueue;
  readonly gate: ReadGate;
  journal: JournalHead;
};

/** What a chain starts from, as read from the store. */
export type StoredChain = {
  readonly terms: LedgerTerms;
  readonly number: number;
  readonly state: ChainState;
  readonly partialAssets: readonly number[];
};

/** One chain's ledger in LevelDB. */
export class LevelLedger implements ChainLedger {
  readonly terms: LedgerTerms;
  readonly #core: StoreCore;
  readonly #context: ChainContext;
  readonly #views: ViewContext;
  #partialAssets: ReadonlySet<Asset>;
  #state: ChainState;
  #snapshot: SharedSnapshot;
  #sweeping: Promise<void> | undefined;

  constructor(core: StoreCore, { terms, number, state, partialAssets }: StoredChain) {
    this.terms = terms;
    this.#core = core;
    const { reader, gate, database } = core;
    const assets = new AssetNumbers(number, reader);
    const outputs = new OutputCache();
    this.#context = { terms, number, reader, assets, records: new AccountRecords(number, reader), outputs };
    this.#views = {
      chain: number,
      startHeight: terms.startHeight,
      scope: terms.scope ?? "all",
      assets,
      gate,
      balances: new AnswerCache(LIMITS.balanceCacheEntries),
      infos: new AnswerCache(LIMITS.assetCacheEntries),
      outputs,
      listStarts: new AnswerCache(LIMITS.balanceCacheEntries),
    };
    this.#state = state;
    this.#partialAssets = new Set(partialAssets.map((asset) => assets.name(asset)));
    this.#snapshot = new SharedSnapshot(database, state.position && positionOf(state.position), 0);
  }

  get position(): Position | undefined {
    return this.#snapshot.position;
  }

  get partialAssets(): ReadonlySet<Asset> {
    return this.#partialAssets;
  }

  async commit(blocks: readonly SealedBlock[], marks?: FinalityMarks, durable = false): Promise<readonly Mismatch[]> {
    if (blocks.length === 0) {
      if (marks) await this.mark(marks);
      return [];
    }
    return this.#core.queue.run(async () => {
      const prepared = await prepareCommit(this.#context, this.#state, this.#core.journal, blocks, marks);
      await this.#write(prepared, durable);
      return prepared.mismatches;
    });
  }

  mark(marks: FinalityMarks): Promise<void> {
    return this.#core.queue.run(async () => {
      const { position, counters } = this.#state;
      if (position === undefined) return;
      const { reader, number } = this.#context;
      const hashAt = (height: number) => readBlock(reader, number, height)?.ref.hash;
      const merged = mergeMarks(position, marks, position.tip, this.terms.startHeight, hashAt);
      if (merged.safe === position.safe && merged.finalized === position.finalized) return;
      const after = { ...position, ...merged };
      const rows = new RowBatch();
      rows.put(tableKey(number, "position"), encodePosition(after));
      await this.#write(this.#simple(rows, { position: after, counters }), false);
    });
  }

  rollback(to: BlockRef | null, { belowFinal = false }: RollbackOptions = {}): Promise<number> {
    return this.#core.queue.run(async () => {
      checkRollback(this.#context, this.#state.position, to, belowFinal);
      if (this.#state.position === undefined) return 0;
      const last = to ?? (await readFirstBlock(this.#context));
      await this.#forgetWatched(last.height);
      // Each block taken back is one entry more.
      const { sequence } = this.#core.journal;
      for (;;) {
        const { position } = this.#state;
        if (position === undefined || position.tip.height <= last.height) break;
        await this.#write(await prepareRollback(this.#context, this.#state, position, this.#core.journal, last), false);
      }
      const { position } = this.#state;
      if (to === null && position !== undefined) {
        await this.#write(await prepareErase(this.#context, this.#state, position, this.#core.journal), false);
      }
      return this.#core.journal.sequence - sequence;
    });
  }

  /** Before blocks go, so that no step leaves a balance behind that rests on them. */
  async #forgetWatched(tip: number): Promise<void> {
    if (this.terms.scope !== "watched") return;
    const { reader, number } = this.#context;
    for await (const accounts of portions(walkWatchedAbove(reader, number, tip), LIMITS.commitMovements)) {
      await this.#write(await prepareForget(this.#context, this.#state, this.#core.journal, accounts, tip), false);
    }
  }

  watch(accounts: readonly WatchedAccount[]): Promise<readonly WatchedAccount[]> {
    return this.#whereWatched(async () => {
      const prepared = prepareWatch(this.#context, this.#state, this.#core.journal, accounts);
      await this.#write(prepared, true);
      return prepared.watched;
    });
  }

  async unwatch(accounts: readonly Account[]): Promise<readonly boolean[]> {
    const known = await this.#whereWatched(async () => {
      const prepared = prepareUnwatch(this.#context, this.#state, this.#core.journal, accounts);
      await this.#write(prepared, true);
      return prepared.known;
    });
    this.sweep();
    return known;
  }

  /** At once, so that the write has its place in the queue when this returns. */
  #whereWatched<T>(write: () => Promise<T>): Promise<T> {
    if (this.terms.scope === "watched") return this.#core.queue.run(write);
    return Promise.reject(notWatching(this.terms.chain));
  }

  async *watched(): AsyncGenerator<WatchedAccount> {
    yield* walkWatched(this.#context.reader, this.#context.number);
  }

  /** Erases what accounts left that are watched no longer, a portion at a time, between other writes. */
  sweep(): void {
    if (this.terms.scope !== "watched") return;
    this.#sweeping ??= this.#sweepAll()
      // What is left is erased after the next opening, or with the next account that goes.
      .catch(() => undefined)
      .finally(() => {
        this.#sweeping = undefined;
      });
  }

  async #sweepAll(): Promise<void> {
    for (let swept = true; swept; ) {
      swept = await this.#core.queue.run(async () => {
        const prepared = await prepareSweep(this.#context, this.#state, this.#core.journal);
        if (prepared) await this.#write(prepared, false);
        return prepared !== undefined;
      });
    }
  }

  async learnBalances(balances: readonly KnownBalance[]): Promise<void> {
    if (balances.length === 0) return;
    await this.#core.queue.run(async () => {
      const prepared = await prepareLearning(this.#context, this.#state, this.#core.journal, balances);
      if (prepared) await this.#write(prepared, false);
    });
  }

  dispute(found: FoundMismatch): Promise<void> {
    return this.#core.queue.run(async () => {
      const prepared = await prepareDispute(this.#context, this.#state, this.#core.journal, found);
      if (!prepared) return;
      await this.#write(prepared, false);
      if (found.wholeAsset) this.#partialAssets = new Set([...this.#partialAssets, found.asset]);
    });
  }

  async putAssetInfo(entries: readonly { readonly asset: Asset; readonly info: AssetInfo }[]): Promise<void> {
    if (entries.length === 0) return;
    await this.#core.queue.run(async () => {
      const { position, counters } = this.#state;
      const { assets, number } = this.#context;
      const rows = new RowBatch();
      const names = entries.map(({ asset }) => asset);
      const resolved = await assets.resolve(new Set(names), counters.assets, rows);
      for (const { asset, info } of entries) {
        rows.put(numberKey(number, "assetInfo", resolved.numbers.get(asset) as number), encodeAssetInfo(info));
      }
      const after = { accounts: counters.accounts, assets: resolved.next };
      rows.put(tableKey(number, "counters"), encodeCounters(after));
      await this.#write(
        { ...this.#simple(rows, { position, counters: after }), keep: () => assets.keep(resolved) },
        false,
        names,
      );
    });
  }

  view(): LedgerView {
    this.#core.gate.check();
    return new LevelView(this.#views, this.#snapshot);
  }

  /** Lets the newest state go. To be called once, when nothing reads or writes any more. */
  release(): void {
    this.#snapshot.letGo();
  }

  #simple(rows: RowBatch, state: ChainState): PreparedWrite {
    return { rows, state, journal: this.#core.journal, touched: [], keep: () => undefined };
  }

  /** Writes, and only then changes what is in memory: a failed write leaves everything as it was. */
  async #write(prepared: PreparedWrite, durable: boolean, infos: readonly Asset[] = []): Promise<void> {
    const { rows, state, journal, touched } = prepared;
    await rows.write(this.#core.database, durable);
    prepared.keep();
    this.#core.journal = journal;
    this.#state = state;
    const before = this.#snapshot;
    const version = before.version + 1;
    this.#views.balances.advance(version, touched);
    this.#views.infos.advance(version, infos);
    this.#views.outputs.advance(version, prepared.outputs);
    this.#views.listStarts.advance(version, prepared.outputs === "any" ? "all" : []);
    const position = state.position && positionOf(state.position);
    this.#snapshot = new SharedSnapshot(this.#core.database, position, version);
    before.letGo();
  }
}

async function* portions<T>(all: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let portion: T[] = [];
  for await (const one of all) {
    if (portion.push(one) < size) continue;
    yield portion;
    portion = [];
  }
  if (portion.length > 0) yield portion;
}
