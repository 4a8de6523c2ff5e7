import { LRUCache } from "lru-cache";
import type { Logger } from "../core/contracts/logger.ts";
import type { Chain } from "../core/contracts/plugin.ts";
import type { Balance, BalanceRequest, BalanceSheet } from "../core/contracts/service.ts";
import type { ChainLedger, LedgerView } from "../core/contracts/store.ts";
import { type ErrorData, errorToData } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { Account, Asset, AssetInfo, BlockRef } from "../core/model.ts";
import { askBalances, type BalancePair, type Told } from "./ask-balances.ts";
import { AssetNames, NAMELESS } from "./asset-names.ts";
import { completenessOf, ledgerAmount } from "./ledger-amount.ts";
import { contractOf, LedgerSheets, listAssets } from "./ledger-sheets.ts";
import type { NodePool } from "./pool/node-pool.ts";

export type BalanceReaderOptions = {
  readonly chain: Chain;
  readonly ledger: ChainLedger;
  readonly nodes: NodePool;
  readonly logger: Logger;
  /** The ledger has an amount of its own for the newest block: hold it against nodes when there is time. */
  readonly onLedgerAmount: (account: Account, asset: Asset) => void;
};

/** How long the ledger answers alone for a contract of which no node could tell a balance. */
const UNTOLD_MS = 60_000;

/**
 * One account's assets: `ledger` holds the amounts that the ledger vouches for, `told` what nodes said where it does not,
 * `overruled` what nodes said against it.
 */
type Draft = {
  readonly account: Account;
  readonly assets: readonly Asset[];
  readonly ledger: Map<Asset, bigint>;
  readonly told: Map<Asset, Told>;
  readonly overruled: Map<Asset, bigint>;
};

type Suspect = BalancePair & { readonly draft: Draft; readonly amount: bigint; readonly operator: string | undefined };

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

  async read(
    view: LedgerView,
    at: BlockRef,
    requests: readonly BalanceRequest[],
    signal?: AbortSignal,
  ): Promise<BalanceSheet[]> {
    const sheets: (BalanceSheet | undefined)[] = [];
    for (const request of requests) sheets.push(await this.#sheets.read(view, at, request));
    const open = requests.filter((_, i) => sheets[i] === undefined);
    const rest = open.length === 0 ? [] : await this.#readWithNodes(view, at, open, signal);
    let next = 0;
    return sheets.map((sheet) => sheet ?? (rest[next++] as BalanceSheet));
  }

  async #readWithNodes(
    view: LedgerView,
    at: BlockRef,
    requests: readonly BalanceRequest[],
    signal: AbortSignal | undefined,
  ): Promise<BalanceSheet[]> {
    const drafts: Draft[] = [];
    for (const request of requests) drafts.push(await this.#draft(view, at, request));
    await this.#askNodes(drafts, at, signal);
    if (at.height === view.position?.tip.height) this.#noteLedgerAmounts(drafts);
    const names = await this.#names.read(view, toldAssets(drafts), signal);
    return drafts.map((draft) => makeSheet(draft, names));
  }

  /** What the ledger alone can tell. */
  async #draft(view: LedgerView, at: BlockRef, { account, assets }: BalanceRequest): Promise<Draft> {
    const { chain, ledger } = this.#options;
    const height = at.height === view.position?.tip.height ? undefined : at.height;
    const entries = new Map((await view.balances(account, height)).map((entry) => [entry.asset, entry]));
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
    const open = drafts.flatMap((draft) =>
      draft.assets
        .filter((asset) => !draft.ledger.has(asset) || !this.#confirmed.has(contractOf(asset)))
        .map((asset) => ({ draft, account: draft.account, asset })),
    );
    if (open.length === 0) return;
    const told = await askBalances(this.#options, open, at, signal);
    const suspects: Suspect[] = [];
    for (const [i, pair] of open.entries()) {
      const answer = told[i] as Told;
      const amount = pair.draft.ledger.get(pair.asset);
      if (amount === undefined) pair.draft.told.set(pair.asset, answer);
      else if (answer.amount === amount) this.#confirmed.set(contractOf(pair.asset), true);
      else if (typeof answer.amount === "bigint") suspects.push({ ...pair, ...answer, amount: answer.amount });
      else this.#confirmed.set(contractOf(pair.asset), true, { ttl: UNTOLD_MS });
    }
    if (suspects.length > 0) await this.#secondOpinion(suspects, at, signal);
    this.#learn(drafts, at);
  }

  /**
   * A node contradicts the ledger, as tokens do that change balances without events. When another operator tells the
   * same as the first, or there is no other, the nodes' amount is the answer; else the ledger's stands.
   */
  async #secondOpinion(suspects: readonly Suspect[], at: BlockRef, signal: AbortSignal | undefined): Promise<void> {
    const { nodes } = this.#options;
    for (const [operator, group] of Map.groupBy(suspects, (suspect) => suspect.operator)) {
      const others = nodes.operators > 1 ? await askBalances(this.#options, group, at, signal, operator) : undefined;
      for (const [i, { draft, asset, amount }] of group.entries()) {
        if (others === undefined || others[i]?.amount === amount) draft.overruled.set(asset, amount);
      }
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
    const own = overruled.has(asset) ? undefined : ledger.get(asset);
    const answer = overruled.get(asset) ?? told.get(asset)?.amount;
    if (own !== undefined) balances.push({ asset, info, amount: own, source: "ledger" });
    else if (typeof answer === "bigint") balances.push({ asset, info, amount: answer, source: "node" });
    else errors.push({ asset, error: answer as ErrorData });
  }
  return { balances, errors };
}
