import type { Logger } from "../core/contracts/logger.ts";
import type { Chain } from "../core/contracts/plugin.ts";
import type { Balance, BalanceRequest, BalanceSheet } from "../core/contracts/service.ts";
import type { ChainLedger, LedgerView } from "../core/contracts/store.ts";
import { type ErrorData, errorToData, HeadwaterError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { Account, Asset, AssetInfo, BlockRef } from "../core/model.ts";
import { completenessOf, ledgerAmount } from "./ledger-amount.ts";
import type { NodeSet } from "./node-set.ts";

export type BalanceReaderOptions = {
  readonly chain: Chain;
  readonly ledger: ChainLedger;
  readonly nodes: NodeSet;
  readonly logger: Logger;
  /** The ledger alone answered for the newest block. */
  readonly onLedgerAnswer: (account: Account, asset: Asset) => void;
};

type Known = { readonly amount: bigint; readonly source: "ledger" | "node" };
type Wanted = { readonly account: Account; readonly asset: Asset };
type Draft = { readonly request: BalanceRequest; readonly assets: readonly Asset[]; readonly known: Map<Asset, Known> };

/**
 * Answers "balance of an account in an asset after a block": from the ledger where the class is complete and the baseline
 * known, else from nodes at that block's hash. What cannot be had is an error, never 0.
 */
export class BalanceReader {
  readonly #options: BalanceReaderOptions;

  constructor(options: BalanceReaderOptions) {
    this.#options = options;
  }

  async read(
    view: LedgerView,
    at: BlockRef,
    requests: readonly BalanceRequest[],
    signal?: AbortSignal,
  ): Promise<BalanceSheet[]> {
    const drafts: Draft[] = [];
    const unknown = new Map<string, Wanted>();
    for (const request of requests) {
      const draft = await this.#draft(view, at, request);
      drafts.push(draft);
      for (const asset of draft.assets) {
        if (!draft.known.has(asset)) unknown.set(keyOf(request.account, asset), { account: request.account, asset });
      }
    }
    const asked = unknown.size > 0 ? await this.#askNodes([...unknown.values()], at, signal) : new Map<string, never>();
    const infos = await this.#assetInfos(view, drafts, asked, signal);
    return drafts.map((draft) => makeSheet(draft, asked, infos));
  }

  /** What the ledger alone can tell. */
  async #draft(view: LedgerView, at: BlockRef, request: BalanceRequest): Promise<Draft> {
    const { chain, ledger } = this.#options;
    const height = at.height === view.position?.tip.height ? undefined : at.height;
    const entries = await view.balances(request.account, height);
    const byAsset = new Map(entries.map((entry) => [entry.asset, entry]));
    const native = chain.info.nativeAsset;
    const assets =
      request.assets ?? (byAsset.has(native) ? entries.map(({ asset }) => asset) : [native, ...byAsset.keys()]);
    const known = new Map<Asset, Known>();
    for (const asset of assets) {
      const amount = ledgerAmount(chain, ledger, asset, byAsset.get(asset));
      if (amount === undefined) continue;
      known.set(asset, { amount, source: "ledger" });
      if (height === undefined) this.#options.onLedgerAnswer(request.account, asset);
    }
    return { request, assets, known };
  }

  async #askNodes(
    wanted: readonly Wanted[],
    at: BlockRef,
    signal: AbortSignal | undefined,
  ): Promise<Map<string, bigint | ErrorData>> {
    const { chain, ledger, logger } = this.#options;
    const answers = new Map<string, bigint | ErrorData>();
    for (let i = 0; i < wanted.length; i += LIMITS.balanceQueries) {
      const part = wanted.slice(i, i + LIMITS.balanceQueries);
      const told = await this.#askPart(part, at, signal);
      part.forEach((query, k) => {
        answers.set(keyOf(query.account, query.asset), told[k] as bigint | ErrorData);
      });
    }
    const lessons = wanted.flatMap((query) => {
      const amount = answers.get(keyOf(query.account, query.asset));
      const complete = completenessOf(chain, ledger, query.asset) === "complete";
      return typeof amount === "bigint" && complete ? [{ ...query, block: at, amount }] : [];
    });
    if (lessons.length > 0) {
      ledger.learnBalances(lessons).catch((error: unknown) => {
        logger.warn({ chain: chain.info.id, error: errorToData(error) }, "balances told by nodes could not be kept");
      });
    }
    return answers;
  }

  async #askPart(
    part: readonly Wanted[],
    at: BlockRef,
    signal: AbortSignal | undefined,
  ): Promise<(bigint | ErrorData)[]> {
    const { nodes, chain } = this.#options;
    try {
      const amounts = await nodes.attempt(
        (node) => node.client.readBalances(part, at, { work: "read", ...(signal && { signal }) }),
        {
          attempts: nodes.nodes.length * 2,
          what: `${chain.info.id}: balances after block ${at.height}`,
          ...(signal && { signal }),
        },
      );
      return part.map((query, i) => amounts[i] ?? errorToData(unreadable(chain.info.id, query, at)));
    } catch (error) {
      signal?.throwIfAborted();
      const failure = new HeadwaterError(
        "balance-unavailable",
        `${chain.info.id}: no node told the balance after block ${at.height} (${at.hash}), and the ledger does not know it: ${errorToData(error).message}`,
        { cause: error, details: { height: at.height, hash: at.hash } },
      );
      return part.map(() => errorToData(failure));
    }
  }

  /** Names and decimals; read from nodes once and kept. What cannot be read is null, that is no error. */
  async #assetInfos(
    view: LedgerView,
    drafts: readonly Draft[],
    asked: ReadonlyMap<string, bigint | ErrorData>,
    signal: AbortSignal | undefined,
  ): Promise<Map<Asset, AssetInfo>> {
    const { chain, ledger, nodes, logger } = this.#options;
    const infos = new Map<Asset, AssetInfo>([[chain.info.nativeAsset, chain.info.nativeInfo]]);
    const missing: Asset[] = [];
    for (const { request, assets, known } of drafts) {
      for (const asset of assets) {
        if (infos.has(asset)) continue;
        const stored = await view.assetInfo(asset);
        infos.set(asset, stored ?? { symbol: null, decimals: null });
        const told = known.has(asset) || typeof asked.get(keyOf(request.account, asset)) === "bigint";
        if (!stored && told) missing.push(asset);
      }
    }
    if (missing.length === 0) return infos;
    try {
      const told = await nodes.attempt(
        (node) => node.client.readAssetInfo(missing, { work: "read", ...(signal && { signal }) }),
        {
          attempts: nodes.nodes.length,
          what: `${chain.info.id}: names of ${missing.length} assets`,
          ...(signal && { signal }),
        },
      );
      const entries = missing.map((asset, i) => ({ asset, info: told[i] ?? { symbol: null, decimals: null } }));
      for (const { asset, info } of entries) infos.set(asset, info);
      await ledger.putAssetInfo(entries);
    } catch (error) {
      signal?.throwIfAborted();
      logger.warn({ chain: chain.info.id, error: errorToData(error) }, "names of assets could not be read");
    }
    return infos;
  }
}

function makeSheet(
  { request, assets, known }: Draft,
  asked: ReadonlyMap<string, bigint | ErrorData>,
  infos: ReadonlyMap<Asset, AssetInfo>,
): BalanceSheet {
  const balances: Balance[] = [];
  const errors: { asset: Asset; error: ErrorData }[] = [];
  for (const asset of assets) {
    const answer = asked.get(keyOf(request.account, asset));
    const told =
      known.get(asset) ?? (typeof answer === "bigint" ? { amount: answer, source: "node" as const } : undefined);
    const info = infos.get(asset) ?? { symbol: null, decimals: null };
    if (told) balances.push({ asset, info, amount: told.amount, source: told.source });
    else errors.push({ asset, error: answer as ErrorData });
  }
  return { balances, errors };
}

function unreadable(chain: string, { account, asset }: Wanted, at: BlockRef): HeadwaterError {
  return new HeadwaterError(
    "balance-unavailable",
    `${chain}: ${asset} does not tell a balance of ${account} after block ${at.height}`,
    { details: { height: at.height, asset } },
  );
}

/** Accounts and assets hold no blank, so the pair is one text without ambiguity. */
function keyOf(account: Account, asset: Asset): string {
  return `${account} ${asset}`;
}
