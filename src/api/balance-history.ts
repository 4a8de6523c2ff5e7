import type { Caller } from "../core/contracts/service.ts";
import { errorFromData, HeadwaterError } from "../core/errors.ts";
import type { Asset } from "../core/model.ts";
import type { KnownAccount } from "./account-directory.ts";
import { formatAsset } from "./account-directory.ts";
import { assertIndexed } from "./query.ts";
import type { OpenView, Pin } from "./read.ts";
import { formatTime } from "./render-block.ts";
import type { PointAnswer } from "./schemas/balances.ts";

/** Heights, both included. */
export type HeightRange = { readonly from: number; readonly to: number };

/**
 * The heights that a history is asked for, inside what the index holds up to the pinned block.
 * @param at the height that the caller named to stand on, where it did: above the pinned block where the chain skips it
 * @throws HeadwaterError `invalid-request`, `block-not-yet`, `block-not-covered`
 */
export function resolveRange(
  open: OpenView,
  pin: Pin,
  from: number | undefined,
  to: number | undefined,
  at: number | undefined,
): HeightRange {
  const { service, position } = open;
  if (from !== undefined) assertIndexed(service, position, from);
  if (to !== undefined) assertIndexed(service, position, to);
  const top = Math.max(pin.ref.height, at ?? 0);
  const range = { from: from ?? service.startHeight ?? 0, to: to ?? top };
  if (range.from <= range.to && range.to <= top) return range;
  const expected = range.from > range.to ? "from at most to" : `to at most ${top}, where the answer stands`;
  throw new HeadwaterError("invalid-request", `from=${range.from} to=${range.to}: expected ${expected}`, {
    details: { in: "query", field: range.from > range.to ? "from" : "to", pinnedHeight: pin.ref.height },
  });
}

/**
 * The account's balance before the first indexed block, to which the ledger's sums are added. Told by the balance at the
 * pinned block, from wherever that is known; where movements are partial, sums tell nothing.
 * @throws HeadwaterError `unsupported`, `balance-unavailable`, or what a node's read failed with
 */
export async function readBaseline(
  open: OpenView,
  pin: Pin,
  { service, account }: KnownAccount,
  asset: Asset,
  caller: Caller,
): Promise<bigint> {
  const { view, position } = open;
  const named = formatAsset(service, asset);
  if (service.completeness(asset) === "partial") {
    throw new HeadwaterError("unsupported", `not every change of ${named} is seen: the ledger cannot tell its past`, {
      details: { asset: named, completeness: "partial" },
    });
  }
  const { height } = pin.ref;
  const entries = await view.balances(account, height === position.tip.height ? undefined : height);
  const entry = entries.find((known) => known.asset === asset);
  if (entry?.disputed) {
    throw new HeadwaterError("balance-unavailable", `the ledger's ${named} of this account was contradicted`, {
      details: { asset: named, disputed: true },
    });
  }
  if (entry?.baseline !== undefined) return entry.baseline;
  const [sheet] = await service.readBalances(view, pin.ref, [{ account, assets: [asset] }], caller);
  const [balance] = sheet?.balances ?? [];
  if (balance) return assertPossible(balance.amount - (entry?.sum ?? 0n), named);
  const [failed] = sheet?.errors ?? [];
  if (failed) throw errorFromData(failed.error);
  throw new HeadwaterError("internal", `${service.id} told neither a balance nor why not`);
}

/** No balance was ever below zero: sums that say so do not show every change. */
function assertPossible(baseline: bigint, named: string): bigint {
  if (baseline >= 0n) return baseline;
  throw new HeadwaterError("balance-unavailable", `the ledger's ${named} of this account does not add up`, {
    details: { asset: named, baseline: baseline.toString() },
  });
}

export type PointPage = { readonly points: readonly PointAnswer[]; readonly next: number | undefined };

/** One page of balances over heights, newest first. `next` is the height from which the next page goes down. */
export async function readPoints(
  { view, service }: OpenView,
  { account }: KnownAccount,
  asset: Asset,
  range: HeightRange,
  limit: number,
  baseline: bigint,
): Promise<PointPage> {
  const page = await view.balanceHistory(account, asset, range.from, range.to, limit);
  const points: PointAnswer[] = [];
  for (const { height, sum } of page.points) {
    const block = await view.block(height);
    if (!block) throw new HeadwaterError("store-corrupt", `${service.id} has a balance but no block at ${height}`);
    const { hash, time } = block.ref;
    points.push({ height, hash, time: formatTime(time), amount: (baseline + sum).toString() });
  }
  const last = points.at(-1);
  const more = page.next !== undefined && last !== undefined && last.height > range.from;
  return { points, next: more ? last.height - 1 : undefined };
}
