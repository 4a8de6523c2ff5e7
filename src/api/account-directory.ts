import { formatAccountId, formatAssetId, parseAccountId, parseAssetId, quote } from "../core/caip.ts";
import type { ChainService } from "../core/contracts/service.ts";
import { HeadwaterError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { Account, Asset } from "../core/model.ts";
import { Recent } from "../core/recent.ts";
import type { ChainDirectory } from "./chain-directory.ts";

/** An account that a caller named: its chain, the ledger's form and the CAIP-10 id shown to people. */
export type KnownAccount = { readonly service: ChainService; readonly account: Account; readonly id: string };

/**
 * Accounts between the ledger's form and the form shown. Both ways may cost a hash over the address (checksums), so that
 * what was seen lately is kept; only what parsed is kept.
 */
export class AccountDirectory {
  readonly #chains: ChainDirectory;
  readonly #seen = new Recent<string, KnownAccount>(LIMITS.apiAccountCacheEntries);

  constructor(chains: ChainDirectory) {
    this.#chains = chains;
  }

  /** @throws HeadwaterError `invalid-account`, `chain-unknown` */
  resolve(text: string): KnownAccount {
    const seen = this.#seen.get(text);
    if (seen) return seen;
    const { chain, address } = parseAccountId(text);
    const service = this.#chains.get(chain);
    const known = this.#show(service, service.chain.parseAccount(address));
    this.#seen.set(text, known);
    return known;
  }

  /** The CAIP-10 id of an account of the ledger. */
  format(service: ChainService, account: Account): string {
    const key = `${service.id}:${account}`;
    const seen = this.#seen.get(key);
    if (seen) return seen.id;
    const known = this.#show(service, account);
    this.#seen.set(key, known);
    return known.id;
  }

  #show(service: ChainService, account: Account): KnownAccount {
    const id = formatAccountId({ chain: service.id, address: service.chain.formatAccount(account) });
    return { service, account, id };
  }
}

/** The CAIP-19 id of an asset of the ledger. */
export function formatAsset(service: ChainService, asset: Asset): string {
  return formatAssetId({ chain: service.id, asset });
}

/** @throws HeadwaterError `invalid-asset`, also for an asset of another chain */
export function parseAssetOf(service: ChainService, text: string): Asset {
  const { chain, asset } = parseAssetId(text);
  if (chain !== service.id) {
    throw new HeadwaterError("invalid-asset", `${quote(text)} is of another chain: expected an asset of ${service.id}`);
  }
  return service.chain.parseAsset(asset);
}
