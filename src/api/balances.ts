import type { Balance, BalanceSheet, ChainService } from "../core/contracts/service.ts";
import { errorFromData, HeadwaterError } from "../core/errors.ts";
import type { BalanceEntry } from "../core/ledger/account.ts";
import type { Account, Asset } from "../core/model.ts";
import { formatAsset, type KnownAccount } from "./account-directory.ts";
import type { SheetInParts } from "./balance-parts.ts";
import { encodeBalancesCursor } from "./cursor.ts";
import { buildProblem } from "./problem.ts";
import type { OpenView, Pin } from "./read.ts";
import type { BalanceAnswer, BalancesAnswer } from "./schemas/balances.ts";
import type { AsOf } from "./schemas/blocks.ts";
import { tokenOf } from "./token.ts";
import { tellIndexed } from "./watching.ts";

/** What is told of one account beside its balances and the block they stand on. */
export type BalancesFrame = Omit<BalancesAnswer, "asOf" | "balances">;

/** Which assets of an account one answer tells, and after which the next page goes on. */
export type AssetPage = { readonly assets: readonly Asset[]; readonly last: Asset | undefined };

/** What the ledger has of an account after the pinned block, in the store's order. */
export function readEntries(
  { view, position }: OpenView,
  { ref }: Pin,
  account: Account,
): readonly BalanceEntry[] | Promise<readonly BalanceEntry[]> {
  return view.balances(account, ref.height === position.tip.height ? undefined : ref.height);
}

/**
 * The assets that an answer without a filter is about: the native one, then every other in which the account has
 * movements or a known balance.
 */
export function listAssets({ chain }: ChainService, entries: readonly BalanceEntry[]): Asset[] {
  const { nativeAsset } = chain.info;
  const assets = [nativeAsset];
  for (const { asset } of entries) if (asset !== nativeAsset) assets.push(asset);
  return assets;
}

/**
 * Cuts a page out of a list of assets, so that nodes are never asked for more than one page.
 * @param after the last asset of the page before
 * @throws HeadwaterError `invalid-cursor` when the list no longer has that asset
 */
export function cutAssets(assets: readonly Asset[], limit: number, after: Asset | undefined): AssetPage {
  const start = after === undefined ? 0 : assets.indexOf(after) + 1;
  if (after !== undefined && start === 0) {
    throw new HeadwaterError("invalid-cursor", "the asset that the cursor stands on is gone: start again without it", {
      details: { field: "cursor" },
    });
  }
  const page = start === 0 && assets.length <= limit ? assets : assets.slice(start, start + limit);
  return { assets: page, last: start + limit < assets.length ? page.at(-1) : undefined };
}

/** What a list of balances is about, for its cursors: the account and the caller's filter. */
export function balancesSubject({ id }: KnownAccount, filter: readonly Asset[] | undefined): string {
  return JSON.stringify(filter ? [id, ...filter] : [id]);
}

/**
 * The answer for one account, but for the balances themselves and the block they stand on. Assets that could not be told are listed with the reason,
 * never shown as 0 and never left out; where the page is about one asset alone, its reason is the answer.
 * @param filter the caller's assets; undefined for all of the account
 * @throws HeadwaterError the code of the one asset's error
 */
export function buildFrame(
  open: OpenView,
  pin: Pin,
  known: KnownAccount,
  page: AssetPage,
  sheet: BalanceSheet,
  filter: readonly Asset[] | undefined,
): BalancesFrame {
  const { service } = open;
  const { height, hash } = pin.ref;
  const { assets, last } = page;
  const [first] = sheet.errors;
  if (first && assets.length === 1) throw errorFromData(first.error);
  const { id: account } = known;
  const token = tokenOf(service.id, pin.ref);
  const indexed = tellIndexed(known, open.view);
  const next =
    last === undefined ? null : encodeBalancesCursor(balancesSubject(known, filter), { height, hash, asset: last });
  if (first === undefined) return { account, ...indexed, token, next };
  const errors = sheet.errors.map(({ asset, error }) => ({
    asset: formatAsset(service, asset),
    error: buildProblem(error),
  }));
  return { account, errors, ...indexed, token, next };
}

/**
 * What is told of pending transactions in an answer that stands on the pinned block: only on the newest does the sum of
 * both mean anything.
 * @param sum of `sumPending`, taken when the view was opened
 */
export function pendingAt({ position }: OpenView, pin: Pin, sum: bigint | null | undefined): bigint | null | undefined {
  return pin.ref.height === position.tip.height ? sum : undefined;
}

/**
 * The answer with the places in which each balance lies.
 * @param pending as `renderBalance`; `format` gives the CAIP-10 id of a place
 */
export function renderInParts(
  { account, errors, token, next }: BalancesFrame,
  asOf: AsOf,
  service: ChainService,
  { balances, parts }: SheetInParts,
  { pending, format }: { readonly pending: bigint | null | undefined; readonly format: (place: Account) => string },
): BalancesAnswer {
  const rows = balances.map((balance) => {
    const row = renderBalance(service, balance, pending);
    const held = parts.get(balance.asset);
    if (!held) return row;
    const places = held.map(({ address, amount, associated }) => ({
      account: format(address),
      amount: amount.toString(),
      associated,
    }));
    return { ...row, parts: places };
  });
  return { account, asOf, balances: rows, ...(errors && { errors }), token, next };
}

/** @param pending what is told beside the native asset's amount; undefined: nothing is */
export function renderBalance(
  service: ChainService,
  { asset, info, amount, source }: Balance,
  pending: bigint | null | undefined,
): BalanceAnswer {
  const apart = asset === service.chain.info.nativeAsset && pending !== undefined;
  return {
    asset: formatAsset(service, asset),
    symbol: info.symbol,
    decimals: info.decimals,
    amount: amount.toString(),
    source,
    ...(apart ? { pending: pending === null ? null : pending.toString() } : {}),
  };
}
