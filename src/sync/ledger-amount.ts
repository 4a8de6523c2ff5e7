import type { Chain } from "../core/contracts/plugin.ts";
import type { ChainLedger } from "../core/contracts/store.ts";
import type { BalanceEntry } from "../core/ledger/account.ts";
import type { Asset, Completeness } from "../core/model.ts";

/** What the plugin says of the asset's class, unless the asset was found not to obey it. */
export function completenessOf(chain: Chain, ledger: ChainLedger, asset: Asset): Completeness {
  return ledger.partialAssets.has(asset) ? "partial" : chain.completeness(asset, ledger.terms.profile);
}

/**
 * The balance that the ledger alone vouches for: the class is complete, the baseline known, nothing contradicts it.
 * Undefined in every other case; then nodes are asked.
 */
export function ledgerAmount(
  chain: Chain,
  ledger: ChainLedger,
  asset: Asset,
  entry: BalanceEntry | undefined,
): bigint | undefined {
  if (completenessOf(chain, ledger, asset) !== "complete") return undefined;
  if (!entry) return knowsEveryAccount(chain, ledger, asset) ? 0n : undefined;
  return amountOf(entry, startsFromZero(chain, ledger, asset));
}

/**
 * Whether an account of which the ledger has nothing has nothing: it has had every output there ever was, and no block spent
 * another. No node need be asked for that, nor once whether the asset keeps its word.
 */
export function knowsEveryAccount(chain: Chain, ledger: ChainLedger, asset: Asset): boolean {
  return startsFromZero(chain, ledger, asset) && chain.listsOutputs?.(ledger.terms.profile) === true;
}

/** Whether the ledger holds every change of this asset there ever was: not where accounts are kept from a height on. */
export function startsFromZero(chain: Chain, { terms }: ChainLedger, asset: Asset): boolean {
  return terms.startHeight === 0 && terms.scope !== "watched" && chain.startsAtZero(asset);
}

/** The balance that an entry of a complete class tells: its baseline is known and nothing contradicts it. */
export function amountOf(entry: BalanceEntry, fromZero: boolean): bigint | undefined {
  if (entry.disputed) return undefined;
  const baseline = entry.baseline ?? (fromZero ? 0n : undefined);
  if (baseline === undefined) return undefined;
  const amount = baseline + entry.sum;
  // A negative balance is impossible: the asset's contract does not tell all its movements. Nodes know better.
  return amount < 0n ? undefined : amount;
}
