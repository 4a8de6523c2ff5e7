import type { Agreement, Balance, BalanceSource, ChainService } from "../core/contracts/service.ts";
import type { Position } from "../core/contracts/store.ts";
import { LIMITS } from "../core/limits.ts";
import type { Asset, AssetInfo, BlockRef } from "../core/model.ts";
import { Recent } from "../core/recent.ts";
import { formatAsset } from "./account-directory.ts";
import type { BalancesFrame } from "./balances.ts";
import { ageOf, buildAsOf, type OpenView, type Pin } from "./read.ts";

/** What is kept of one chain. */
type Kept = {
  readonly heads: Recent<Asset, Head>;
  asOf: AsOfText | undefined;
};

/** The text of an `asOf`, and what it was made of. Almost every read stands on the newest block, as the one before. */
type AsOfText = {
  readonly position: Position;
  readonly agreement: Agreement;
  readonly ref: BlockRef;
  readonly ageSeconds: number;
  readonly text: string;
};

type Head = { readonly symbol: string | null; readonly decimals: number | null; readonly text: string };

/**
 * Writes the answers of `GET …/balances`, the route that is asked most, as JSON text: what is the same for every account
 * that holds an asset is written once. Measured: 6 µs instead of 11 for twelve balances. Tests parse the text and hold it
 * against the schema like every other answer.
 */
export class BalanceText {
  readonly #kept = new WeakMap<ChainService, Kept>();

  /**
   * The JSON text of a BalancesAnswer.
   * @param now milliseconds since the Unix epoch
   * @param pending what is told beside the native asset's amount; undefined: nothing is
   */
  write(
    open: OpenView,
    pin: Pin,
    now: number,
    balances: readonly Balance[],
    pending: bigint | null | undefined,
    { account, errors, indexedFrom, token, next }: BalancesFrame,
  ): string {
    const { service } = open;
    const { nativeAsset } = service.chain.info;
    const kept = this.#keptOf(service);
    let rows = "";
    for (const { asset, info, amount, source } of balances) {
      const head = this.#head(kept.heads, service, asset, info);
      const apart = pending !== undefined && asset === nativeAsset;
      // As few pieces as can be: each costs once more when they are put together for the socket.
      rows += (rows === "" ? head.slice(1) : head) + amount + (apart ? endWith(source, pending) : ENDS[source]);
    }
    const failed = errors === undefined ? "" : `,"errors":${JSON.stringify(errors)}`;
    const asOf = this.#asOf(kept, open, pin, now);
    const indexed = indexedFrom === undefined ? "" : `,"indexedFrom":${indexedFrom}`;
    // A token and a cursor are base64url: there is nothing to escape.
    const end = `,"token":"${token}","next":${next === null ? "null" : `"${next}"`}}`;
    return `{"account":${JSON.stringify(account)},"asOf":${asOf},"balances":[${rows}]${failed}${indexed}${end}`;
  }

  #keptOf(service: ChainService): Kept {
    let kept = this.#kept.get(service);
    if (kept === undefined) {
      kept = { heads: new Recent(LIMITS.apiAssetCacheEntries), asOf: undefined };
      this.#kept.set(service, kept);
    }
    return kept;
  }

  #asOf(kept: Kept, open: OpenView, pin: Pin, now: number): string {
    const { position } = open;
    const { agreement, ref } = pin;
    const ageSeconds = ageOf(ref, now);
    const { asOf } = kept;
    const same =
      asOf?.ageSeconds === ageSeconds && asOf.agreement === agreement && asOf.ref === ref && asOf.position === position;
    if (same) return asOf.text;
    const text = JSON.stringify(buildAsOf(open, pin, now));
    kept.asOf = { position, agreement, ref, ageSeconds, text };
    return text;
  }

  /** A row up to its amount, with the comma before it. */
  #head(heads: Recent<Asset, Head>, service: ChainService, asset: Asset, { symbol, decimals }: AssetInfo): string {
    const known = heads.get(asset);
    if (known && known.symbol === symbol && known.decimals === decimals) return known.text;
    const fields = JSON.stringify({ asset: formatAsset(service, asset), symbol, decimals }).slice(0, -1);
    const text = `,${fields},"amount":"`;
    heads.set(asset, { symbol, decimals, text });
    return text;
  }
}

/** A row after its amount. */
const ENDS: Readonly<Record<BalanceSource, string>> = {
  ledger: '","source":"ledger"}',
  node: '","source":"node"}',
  proof: '","source":"proof"}',
};

function endWith(source: BalanceSource, pending: bigint | null): string {
  return `","source":"${source}","pending":${pending === null ? "null" : `"${pending}"`}}`;
}
