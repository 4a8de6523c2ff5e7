import type { ChainId } from "../core/caip.ts";
import type { Clock } from "../core/clock.ts";
import type { BalanceRequest, BalanceSheet, Caller, ChainService } from "../core/contracts/service.ts";
import { asHeadwaterError, HeadwaterError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { Asset, BlockRef } from "../core/model.ts";
import { type AccountDirectory, type KnownAccount, parseAssetOf } from "./account-directory.ts";
import {
  type AssetPage,
  buildFrame,
  cutAssets,
  listAssets,
  pendingAt,
  readEntries,
  renderBalance,
} from "./balances.ts";
import type { ApiContext } from "./context.ts";
import { sumPending } from "./pending.ts";
import { buildProblem, isOurs } from "./problem.ts";
import type { ReadOptions } from "./query.ts";
import { buildAsOf, OpenView, type Pin, pinRead } from "./read.ts";
import type { AccountErrorAnswer, BalancesAnswer } from "./schemas/balances.ts";

export type AccountResult = BalancesAnswer | AccountErrorAnswer;

/** One chain's share of a batch: each account once, however often it was asked for. */
export type ChainShare = { readonly service: ChainService; readonly accounts: Map<string, KnownAccount> };

/** Accounts by chain, and those that are none, each with its error. Keys are the texts as asked. */
export type Shares = {
  readonly chains: ReadonlyMap<ChainId, ChainShare>;
  readonly errors: ReadonlyMap<string, AccountErrorAnswer>;
};

/** Sorts the accounts of a batch by chain. One that cannot be parsed fails alone. */
export function shareOut(texts: readonly string[], accounts: AccountDirectory): Shares {
  const chains = new Map<ChainId, ChainShare>();
  const errors = new Map<string, AccountErrorAnswer>();
  for (const text of texts) {
    if (errors.has(text)) continue;
    try {
      const known = accounts.resolve(text);
      const share = chains.get(known.service.id) ?? { service: known.service, accounts: new Map() };
      share.accounts.set(text, known);
      chains.set(known.service.id, share);
    } catch (error) {
      errors.set(text, accountError(text, error));
    }
  }
  return { chains, errors };
}

/** The caller's assets by chain. @throws HeadwaterError `invalid-asset`, `chain-unknown` */
export function shareAssets(
  texts: readonly string[] | undefined,
  find: (text: string) => ChainService,
): ReadonlyMap<ChainId, readonly Asset[]> | undefined {
  if (texts === undefined) return undefined;
  const assets = new Map<ChainId, Set<Asset>>();
  for (const text of texts) {
    const service = find(text);
    const known = assets.get(service.id) ?? new Set();
    assets.set(service.id, known.add(parseAssetOf(service, text)));
  }
  return new Map(Array.from(assets, ([chain, known]) => [chain, [...known]]));
}

export type ShareAnswer = { readonly results: ReadonlyMap<string, AccountResult>; readonly ref: BlockRef | undefined };

/**
 * Answers one chain's share from one block. Never rejects: what fails for the chain fails for each of its accounts, and
 * `ref` tells the block only when there is one.
 * @param filter the caller's assets on this chain; undefined for all of each account
 */
export async function answerShare(
  share: ChainShare,
  filter: readonly Asset[] | undefined,
  options: ReadOptions,
  { clock, logger }: Pick<ApiContext, "clock" | "logger">,
  caller: Caller,
): Promise<ShareAnswer> {
  try {
    using open = new OpenView(share.service);
    const pending = Array.from(share.accounts.values(), ({ account }) => sumPending(share.service, account));
    const pin = await pinRead(open, options);
    return { results: await readShare(open, pin, share, filter, pending, clock, caller), ref: pin.ref };
  } catch (error) {
    const { code } = asHeadwaterError(error);
    if (isOurs(code))
      logger.error({ chain: share.service.id, code, err: error }, "a chain's share of a batch failed inside");
    const results = new Map(Array.from(share.accounts.keys(), (text) => [text, accountError(text, error)]));
    return { results, ref: undefined };
  }
}

async function readShare(
  open: OpenView,
  pin: Pin,
  share: ChainShare,
  filter: readonly Asset[] | undefined,
  pending: readonly (bigint | null | undefined)[],
  clock: Clock,
  caller: Caller,
): Promise<Map<string, AccountResult>> {
  const wanted: { text: string; known: KnownAccount; page: AssetPage }[] = [];
  const requests: BalanceRequest[] = [];
  for (const [text, known] of share.accounts) {
    const { account } = known;
    const entries = await readEntries(open, pin, account);
    // The caller's own list is capped on the way in, so that it is told whole.
    const limit = filter?.length || LIMITS.apiPageRowsDefault;
    const page = cutAssets(filter ?? listAssets(share.service, entries), limit, undefined);
    wanted.push({ text, known, page });
    requests.push({ account, assets: page.assets, entries });
  }
  const sheets = await share.service.readBalances(open.view, pin.ref, requests, caller);
  const now = clock.now();
  return new Map(
    wanted.map(({ text, known, page }, i) => {
      return [
        text,
        buildResult(open, pin, text, known, page, sheets[i], filter, pendingAt(open, pin, pending[i]), now),
      ];
    }),
  );
}

function buildResult(
  open: OpenView,
  pin: Pin,
  text: string,
  known: KnownAccount,
  page: AssetPage,
  sheet: BalanceSheet | undefined,
  filter: readonly Asset[] | undefined,
  pending: bigint | null | undefined,
  now: number,
): AccountResult {
  try {
    if (!sheet) throw new HeadwaterError("internal", `${open.service.id} gave fewer balance sheets than asked`);
    const { account, ...rest } = buildFrame(open, pin, known, page, sheet, filter);
    const balances = sheet.balances.map((each) => renderBalance(open.service, each, pending));
    return { account, asOf: buildAsOf(open, pin, now), balances, ...rest };
  } catch (error) {
    return accountError(text, error);
  }
}

/** What a batch tells of an account that failed alone. */
export function accountError(account: string, error: unknown): AccountErrorAnswer {
  return { account, error: buildProblem(asHeadwaterError(error)) };
}
