import type { BalanceSheet } from "../core/contracts/service.ts";
import type { Holding } from "../core/contracts/wallet.ts";
import { type ErrorData, errorToData, HeadwaterError } from "../core/errors.ts";
import type { Asset } from "../core/model.ts";
import type { KnownAccount } from "./account-directory.ts";
import type { Pin } from "./read.ts";

/** A sheet whose balances lie in the places told, all of them added up. */
export type SheetInParts = BalanceSheet & { readonly parts: ReadonlyMap<Asset, readonly Holding[]> };

/**
 * Adds to each balance but the native one the places in which it lies. One of which these cannot be told, or do not add up to it,
 * is among the errors instead: what was asked for is not known.
 * @throws HeadwaterError `unsupported` where the chain does not tell such places
 */
export async function addParts(
  { service, account }: KnownAccount,
  { ref }: Pin,
  sheet: BalanceSheet,
  signal: AbortSignal,
): Promise<SheetInParts> {
  if (!service.readHoldings) {
    throw new HeadwaterError("unsupported", `${service.id} does not tell in which places a balance lies`, {
      details: { chain: service.id, in: "query", field: "parts" },
    });
  }
  const { nativeAsset } = service.chain.info;
  const asked = sheet.balances.filter(({ asset }) => asset !== nativeAsset);
  const told = await service.readHoldings(
    asked.map(({ asset }) => ({ account, asset })),
    ref,
    signal,
  );
  const parts = new Map<Asset, readonly Holding[]>();
  const errors: { readonly asset: Asset; readonly error: ErrorData }[] = [...sheet.errors];
  for (const [i, { asset, amount }] of asked.entries()) {
    const holdings = told[i];
    if (holdings === undefined) throw new HeadwaterError("internal", `${service.id} gave no parts of a balance`);
    if ("code" in holdings) {
      errors.push({ asset, error: holdings });
      continue;
    }
    const sum = holdings.reduce((total, holding) => total + holding.amount, 0n);
    if (sum === amount) parts.set(asset, holdings);
    else errors.push({ asset, error: errorToData(differing(service.id, asset, amount, sum)) });
  }
  const balances = sheet.balances.filter(({ asset }) => asset === nativeAsset || parts.has(asset));
  return { balances, errors, parts };
}

function differing(chain: string, asset: Asset, amount: bigint, sum: bigint): HeadwaterError {
  return new HeadwaterError(
    "balance-unavailable",
    `${chain}: the balance in ${asset} is ${amount}, and the places in which it lies hold ${sum} together`,
    { details: { asset, amount: `${amount}`, sum: `${sum}` } },
  );
}
