import { LRUCache } from "lru-cache";
import type { AtHandOrLater } from "../core/at-hand.ts";
import type { Logger } from "../core/contracts/logger.ts";
import type { Chain } from "../core/contracts/plugin.ts";
import type { Balance, BalanceRequest, BalanceSheet, Caller } from "../core/contracts/service.ts";
import type { ChainLedger, LedgerView } from "../core/contracts/store.ts";
import { type ErrorData, errorToData } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { Account, Asset, AssetInfo, BlockRef } from "../core/model.ts";
import type { AgreedReads } from "./agreed-reads.ts";
import type { BalanceAsker, Told } from "./ask-balances.ts";
import { AssetNames, NAMELESS } from "./asset-names.ts";
import type { BalancePair } from "./balance-verdicts.ts";
import { completenessOf, knowsEveryAccount, ledgerAmount } from "./ledger-amount.ts";
import { contractOf, LedgerSheets, listAssets } from "./ledger-sheets.ts";

export type BalanceReaderOptions = {
  readonly chain: Chain;
  readonly ledger: ChainLedger;
  readonly reads: AgreedReads;
  readonly asker: BalanceAsker;
  readonly logger: Logger;
  /** The ledger has an amount of its own for the newest block: hold it against nodes when there is time. */
  readonly onLedgerAmount: (account: Account, asset: Asset) => void;
};

/** How long the ledger answers alone for a contract of which no node could tell a balance. */
const UNTOLD_MS = 60_000;

/**
 * One account's assets: `ledger` holds the amounts that the ledger vouches for, `told` what nodes told where it does not,
 * `overruled` what they told against it.
 */
type Draft = {
  readonly account: Account;
  readonly assets: readonly Asset[];
  readonly ledger: Map<Asset, bigint>;
  readonly told: Map<Asset, Told>;
  readonly overruled: Map<Asset, Told>;
};

/** A request with what the ledger has of its account. */
type KnownRequest = BalanceRequest & Required<Pick<BalanceRequest, "entries">>;

/** Nodes tell another amount than the ledger. */
type Claim = BalancePair & Told & { readonly draft: Draft };

/**
 * Answers "balance of an account in an asset after a block": from the ledger where the class is complete and the baseline
 * known, else from nodes at that block's hash. What cannot be had is an error, never 0.
 */
export class BalanceReader {
  readonly #options: BalanceReaderOptions;
  /**
   * Contracts of which a node told the very balance that the ledger has: from then on the ledger answers alone. Where no
   * node could tell, it does so for a while, and then a node is asked again.
   */
  readonly #confirmed = new LRUCache<string, true>({ max: LIMITS.assetCacheEntries });

  readonly #names: AssetNames;
  readonly #sheets: LedgerSheets;

  constructor(options: BalanceReaderOptions) {
    this.#options = options;
    const names = new AssetNames(options);
    this.#names = names;
    const nameOf = (asset: Asset) => names.known(asset);
    this.#sheets = new LedgerSheets({ ...options, confirmed: this.#confirmed, nameOf });
  }

  /** @returns the balances at once where the caller brought the entries and the ledger alone tells them all */
  read(
    view: LedgerView,
    at: BlockRef,
    requests: readonly BalanceRequest[],
    caller?: Caller,
  ): AtHandOrLater<BalanceSheet[]> {
    const newest = at.height === view.position?.tip.height;
    const sheets: BalanceSheet[] = [];
    for (const request of requests) {
      const sheet = request.entries && this.#sheets.build(request, request.entries, newest);
      if (!sheet) return this.#readRest(view, at, requests, sheets, newest, caller);
      sheets.push(sheet);
    }
    return sheets;
  }

  /** @param done the sheets of the first requests */
  async #readRest(
    view: LedgerView,
    at: BlockRef,
    requests: readonly BalanceRequest[],
    done: readonly BalanceSheet[],
    newest: boolean,
    caller: Caller | undefined,
  ): Promise<BalanceSheet[]> {
    const sheets: (BalanceSheet | undefined)[] = [...done];
    const open: KnownRequest[] = [];
    for (const request of requests.slice(done.length)) {
      const entries = request.entries ?? (await view.balances(request.account, newest ? undefined : at.height));
      const sheet = this.#sheets.build(request, entries, newest);
      sheets.push(sheet);
      if (sheet === undefined) open.push({ ...request, entries });
    }
    const rest = open.length === 0 ? [] : await this.#readWithNodes(view, at, open, caller?.signal);
    let next = 0;
    return sheets.map((sheet) => sheet ?? (rest[next++] as BalanceSheet));
  }

  async #readWithNodes(
    view: LedgerView,
    at: BlockRef,
    requests: readonly KnownRequest[],
    signal: AbortSignal | undefined,
  ): Promise<BalanceSheet[]> {
    const drafts = requests.map((request) => this.#draft(request));
    await this.#askNodes(drafts, at, signal);
    if (at.height === view.position?.tip.height) this.#noteLedgerAmounts(drafts);
    const names = await this.#names.read(view, toldAssets(drafts), signal);
    return drafts.map((draft) => makeSheet(draft, names));
  }

  /** What the ledger alone can tell. */
  #draft({ account, assets, entries: known }: KnownRequest): Draft {
    const { chain, ledger } = this.#options;
    const entries = new Map(known.map((entry) => [entry.asset, entry]));
    const wanted = assets ?? listAssets(entries.values(), chain.info.nativeAsset);
    const amounts = new Map<Asset, bigint>();
    for (const asset of wanted) {
      const amount = ledgerAmount(chain, ledger, asset, entries.get(asset));
      if (amount !== undefined) amounts.set(asset, amount);
    }
    return { account, assets: wanted, ledger: amounts, told: new Map(), overruled: new Map() };
  }

  /** Asks for what the ledger does not know, and for what it knows of contracts that were never held against a node. */
  async #askNodes(drafts: readonly Draft[], at: BlockRef, signal: AbortSignal | undefined): Promise<void> {
    const { chain, ledger } = this.#options;
    const isConfirmed = (asset: Asset) =>
      this.#confirmed.has(contractOf(asset)) || knowsEveryAccount(chain, ledger, asset);
    const open = drafts.flatMap((draft) =>
      draft.assets
        .filter((asset) => !draft.ledger.has(asset) || !isConfirmed(asset))
        .map((asset) => ({ draft, account: draft.account, asset })),
    );
    if (open.length === 0) return;
    const told = await this.#options.asker.ask(open, at, { work: "read", signal });
    const claims: Claim[] = [];
    for (const [i, pair] of open.entries()) {
      const answer = told[i] as Told;
      const amount = pair.draft.ledger.get(pair.asset);
      if (amount === undefined) pair.draft.told.set(pair.asset, answer);
      else if (answer.amount === amount) this.#confirmed.set(contractOf(pair.asset), true);
      else if (typeof answer.amount === "bigint") claims.push({ ...pair, ...answer });
      else this.#confirmed.set(contractOf(pair.asset), true, { ttl: UNTOLD_MS });
    }
    if (claims.length > 0) await this.#overrule(claims, at, signal);
    this.#learn(drafts, at);
  }

  /** Nodes contradict the ledger, as with tokens that change balances without events: their amount is the answer. */
  async #overrule(claims: readonly Claim[], at: BlockRef, signal: AbortSignal | undefined): Promise<void> {
    const confirmed = await this.#options.asker.confirm(claims, at, { work: "read", signal });
    for (const [i, { draft, asset, amount, source }] of claims.entries()) {
      if (confirmed[i]) draft.overruled.set(asset, { amount, source });
    }
  }

  #noteLedgerAmounts(drafts: readonly Draft[]): void {
    for (const { account, ledger } of drafts) {
      for (const asset of ledger.keys()) this.#options.onLedgerAmount(account, asset);
    }
  }

  /** What nodes told of complete classes becomes the account's baseline, so that they are not asked again. */
  #learn(drafts: readonly Draft[], block: BlockRef): void {
    const { chain, ledger, logger } = this.#options;
    const lessons = drafts.flatMap(({ account, told }) =>
      [...told].flatMap(([asset, { amount }]) => {
        const isComplete = completenessOf(chain, ledger, asset) === "complete";
        return typeof amount === "bigint" && isComplete ? [{ account, asset, block, amount }] : [];
      }),
    );
    if (lessons.length === 0) return;
    ledger.learnBalances(lessons).catch((error: unknown) => {
      logger.warn({ chain: chain.info.id, error: errorToData(error) }, "balances told by nodes could not be kept");
    });
  }
}

function* toldAssets(drafts: readonly Draft[]): Generator<Asset> {
  for (const { assets, ledger, told } of drafts) {
    for (const asset of assets) if (ledger.has(asset) || typeof told.get(asset)?.amount === "bigint") yield asset;
  }
}

function makeSheet({ assets, ledger, told, overruled }: Draft, names: ReadonlyMap<Asset, AssetInfo>): BalanceSheet {
  const balances: Balance[] = [];
  const errors: { asset: Asset; error: ErrorData }[] = [];
  for (const asset of assets) {
    const info = names.get(asset) ?? NAMELESS;
    const own = ledger.get(asset);
    const fromNodes = overruled.get(asset) ?? told.get(asset);
    const { amount, source } = fromNodes ?? { amount: own as bigint, source: "ledger" as const };
    if (typeof amount === "bigint") balances.push({ asset, info, amount, source });
    else errors.push({ asset, error: amount });
  }
  return { balances, errors };
}
