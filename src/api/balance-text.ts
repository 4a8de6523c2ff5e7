import type { Balance, ChainService } from "../core/contracts/service.ts";
import { LIMITS } from "../core/limits.ts";
import type { Asset, AssetInfo } from "../core/model.ts";
import { Recent } from "../core/recent.ts";
import { formatAsset } from "./account-directory.ts";
import type { BalancesAnswer } from "./schemas/balances.ts";

type Head = { readonly symbol: string | null; readonly decimals: number | null; readonly text: string };

/**
 * Writes the answers of `GET …/balances`, the route that is asked most, as JSON text: what is the same for every account
 * that holds an asset is written once. Measured: 6 µs instead of 11 for twelve balances. Tests parse the text and hold it
 * against the schema like every other answer.
 */
export class BalanceText {
  readonly #heads = new WeakMap<ChainService, Recent<Asset, Head>>();

  /**
   * The JSON text of a BalancesAnswer.
   * @param pending what is told beside the native asset's amount; undefined: nothing is
   */
  write(
    service: ChainService,
    balances: readonly Balance[],
    pending: bigint | null | undefined,
    answer: Omit<BalancesAnswer, "balances">,
  ): string {
    const heads = this.#headsOf(service);
    const { nativeAsset } = service.chain.info;
    let rows = "";
    for (const { asset, info, amount, source } of balances) {
      const apart = pending === undefined || asset !== nativeAsset ? "" : `,"pending":${writePending(pending)}`;
      rows += `${rows === "" ? "" : ","}${this.#head(heads, service, asset, info)}${amount}","source":"${source}"${apart}}`;
    }
    const { account, asOf, ...rest } = answer;
    const before = JSON.stringify({ account, asOf }).slice(0, -1);
    return `${before},"balances":[${rows}],${JSON.stringify(rest).slice(1)}`;
  }

  #headsOf(service: ChainService): Recent<Asset, Head> {
    let heads = this.#heads.get(service);
    if (heads === undefined) {
      heads = new Recent(LIMITS.apiAssetCacheEntries);
      this.#heads.set(service, heads);
    }
    return heads;
  }

  /** A row up to its amount. */
  #head(heads: Recent<Asset, Head>, service: ChainService, asset: Asset, { symbol, decimals }: AssetInfo): string {
    const known = heads.get(asset);
    if (known && known.symbol === symbol && known.decimals === decimals) return known.text;
    const fields = JSON.stringify({ asset: formatAsset(service, asset), symbol, decimals }).slice(0, -1);
    const text = `${fields},"amount":"`;
    heads.set(asset, { symbol, decimals, text });
    return text;
  }
}

function writePending(pending: bigint | null): string {
  return pending === null ? "null" : `"${pending}"`;
}
