import type { IndexScope } from "../../core/contracts/chain-config.ts";
import type {
  BalancePointPage,
  HistoryPage,
  HistoryPlace,
  LedgerView,
  OutputPage,
  OutputPlace,
  Position,
  StoredBlock,
  StoredTransaction,
  WatchedAccount,
} from "../../core/contracts/store.ts";
import { HeadwaterError } from "../../core/errors.ts";
import type { BalanceEntry, Mismatch } from "../../core/ledger/account.ts";
import type { Account, Asset, AssetInfo, Output, OutputId } from "../../core/model.ts";
import type { AnswerCache } from "./answer-cache.ts";
import type { AssetNumbers } from "./assets.ts";
import { type AccountEntries, entriesAt, nameEntries, readEntries } from "./balances.ts";
import { decodeAssetInfo, decodeNumber } from "./block-rows.ts";
import { hexOf, readBlock } from "./chain-state.ts";
import { corruptRow } from "./database.ts";
import { readMismatches } from "./evidence.ts";
import { findTransaction, readHistory } from "./history.ts";
import { keyNumber, MAX_NUMBER, numberKey, tableRange, textKey } from "./keys.ts";
import type { OutputCache } from "./output-cache.ts";
import { type OutputState, readOutputs, readUnspent } from "./outputs.ts";
import { readPoints } from "./points.ts";
import type { ReadGate } from "./read-gate.ts";
import type { RowReader } from "./reader.ts";
import type { SharedSnapshot } from "./snapshot.ts";
import { readWatched } from "./watched.ts";
import { readRow } from "./working-set.ts";

/** What all views of a chain share. */
export type ViewContext = {
  readonly chain: number;
  readonly startHeight: number;
  readonly scope: IndexScope;
  readonly assets: AssetNumbers;
  readonly gate: ReadGate;
  readonly balances: AnswerCache<Account, readonly BalanceEntry[]>;
  readonly infos: AnswerCache<Asset, AssetInfo>;
  readonly outputs: OutputCache;
  readonly listStarts: AnswerCache<Account, OutputPlace>;
};

/** One reader's hold on a shared snapshot. Cheap: it opens nothing. */
export class LevelView implements LedgerView {
  readonly position: Position | undefined;
  readonly #context: ViewContext;
  readonly #snapshot: SharedSnapshot;
  #disposed = false;

  constructor(context: ViewContext, snapshot: SharedSnapshot) {
    this.#context = context;
    this.#snapshot = snapshot.hold();
    this.position = snapshot.position;
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#snapshot.letGo();
  }

  get #reader(): RowReader {
    if (this.#disposed) throw new HeadwaterError("internal", "a view of the store was used after it was disposed");
    return this.#snapshot.reader;
  }

  async block(at: number | string): Promise<StoredBlock | undefined> {
    const reader = this.#reader;
    const { chain } = this.#context;
    let height: number;
    if (typeof at === "number") height = at;
    else {
      const value = reader.get(textKey(chain, "blockHash", at));
      if (value === undefined) return undefined;
      height = decodeHeight(at, value);
    }
    if (!(height >= 0 && height <= (this.position?.tip.height ?? -1))) return undefined;
    const row = readBlock(reader, chain, height);
    if (row === undefined) return undefined;
    const { ref, transactions, digest, trail } = row;
    return { ref, transactions, digest: hexOf(digest), trail: trail && new Uint8Array(trail) };
  }

  watched(account: Account): WatchedAccount | undefined {
    return readWatched(this.#reader, this.#context.chain, account);
  }

  async nearestBlock(height: number, side: "below" | "above"): Promise<StoredBlock | undefined> {
    const known = await this.block(height);
    if (known) return known;
    const { chain, gate } = this.#context;
    const { gte, lt } = tableRange(chain, "block");
    if (height < 0 && side === "below") return undefined;
    const key = numberKey(chain, "block", Math.min(Math.max(0, height), MAX_NUMBER));
    const range = side === "below" ? { gte, lt: key, reverse: true } : { gte: key, lt };
    const row = await gate.run(() => this.#reader.first(range));
    return row && (await this.block(keyNumber(row[0], 0)));
  }

  transaction(id: string): Promise<StoredTransaction | undefined> {
    return this.#context.gate.run(() => findTransaction(this.#reader, this.#context.chain, id));
  }

  balances(account: Account, height?: number): readonly BalanceEntry[] | Promise<readonly BalanceEntry[]> {
    const reader = this.#reader;
    const { balances, chain, gate } = this.#context;
    if (height !== undefined && height < (this.position?.tip.height ?? 0)) return this.#balancesAt(account, height);
    const known = balances.get(account, this.#snapshot.version);
    if (known !== undefined) return known;
    const read = readEntries(reader, chain, account);
    if (!(read instanceof Promise)) return this.#keep(account, read);
    return gate.run(async () => this.#keep(account, await read));
  }

  #keep(account: Account, { entries }: AccountEntries): readonly BalanceEntry[] {
    const { balances, assets } = this.#context;
    const named = nameEntries(entries, assets);
    balances.set(account, this.#snapshot.version, named);
    return named;
  }

  #balancesAt(account: Account, height: number): Promise<readonly BalanceEntry[]> {
    const { chain, gate, assets, startHeight, scope } = this.#context;
    return gate.run(async () => {
      // What is not kept is not 0: before the account was watched the ledger knows nothing of it.
      if (scope === "watched" && height < (this.watched(account)?.since ?? Number.POSITIVE_INFINITY)) return [];
      const now: AccountEntries = await readEntries(this.#reader, chain, account);
      return nameEntries(await entriesAt(this.#reader, chain, now, height, startHeight), assets);
    });
  }

  history(account: Account, before: HistoryPlace | undefined, limit: number): Promise<HistoryPage> {
    const { chain, gate } = this.#context;
    return gate.run(() => readHistory(this.#reader, chain, account, before, Math.floor(limit)));
  }

  balanceHistory(account: Account, asset: Asset, from: number, to: number, limit: number): Promise<BalancePointPage> {
    const { chain, gate, assets } = this.#context;
    return gate.run(async () => {
      const reader = this.#reader;
      const number = assets.find(asset);
      const value = reader.get(textKey(chain, "account", account));
      const heights = { from: Math.max(0, from), to: Math.min(to, this.position?.tip.height ?? -1) };
      if (number === undefined || value === undefined || limit <= 0) return { points: [], next: undefined };
      // One point more than asked tells where the next page starts.
      const rows = await readPoints(reader, chain, readRow(account, value).number, number, heights, limit + 1);
      return { points: rows.slice(0, limit), next: rows[limit]?.height };
    });
  }

  outputs(ids: readonly OutputId[]): Promise<readonly (Output | undefined)[]> {
    const { gate } = this.#context;
    return gate.run(() => readOutputs(this.#reader, this.#context, this.#snapshot.version, ids));
  }

  get #outputState(): OutputState {
    return { version: this.#snapshot.version, tip: this.position?.tip.height ?? -1 };
  }

  unspent(account: Account, after: OutputPlace | undefined, limit: number): Promise<OutputPage> {
    const { gate } = this.#context;
    return gate.run(() =>
      readUnspent(this.#reader, this.#context, this.#outputState, account, after, Math.floor(limit)),
    );
  }

  async assetInfo(asset: Asset): Promise<AssetInfo | undefined> {
    const reader = this.#reader;
    const { infos, chain, assets } = this.#context;
    const known = infos.get(asset, this.#snapshot.version);
    if (known !== undefined) return known;
    const number = assets.find(asset);
    const value = number === undefined ? undefined : reader.get(numberKey(chain, "assetInfo", number));
    if (value === undefined) return undefined;
    const info = decodeInfo(asset, value);
    infos.set(asset, this.#snapshot.version, info);
    return info;
  }

  mismatches(limit: number): Promise<readonly Mismatch[]> {
    return this.#context.gate.run(() => readMismatches(this.#reader, this.#context.chain, Math.floor(limit)));
  }
}

function decodeHeight(hash: string, value: Uint8Array): number {
  try {
    return decodeNumber(value);
  } catch (error) {
    throw corruptRow(`the height of block ${hash}`, error);
  }
}

function decodeInfo(asset: Asset, value: Uint8Array): AssetInfo {
  try {
    return decodeAssetInfo(value);
  } catch (error) {
    throw corruptRow(`the info of asset ${asset}`, error);
  }
}
