import { HeadwaterError } from "./errors.ts";

/** A CAIP-2 chain id, `namespace:reference`, as written. */
export type ChainId = string;

/** A CAIP-10 account id taken apart. `address` is as written; only the chain's plugin knows its canonical form. */
export type AccountId = { readonly chain: ChainId; readonly address: string };

/** A CAIP-19 asset id taken apart. `asset` is all after the chain: `namespace:reference` or `namespace:reference/tokenId`. */
export type AssetId = { readonly chain: ChainId; readonly asset: string };

// The grammars of CAIP-2, CAIP-10 and CAIP-19 (chainagnostic.org/CAIPs).
const CHAIN = "[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}";
const ADDRESS = "[-.%a-zA-Z0-9]{1,128}";
const ASSET = "[-a-z0-9]{3,8}:[-.%a-zA-Z0-9]{1,128}(?:/[-.%a-zA-Z0-9]{1,78})?";
const chainPattern = new RegExp(`^${CHAIN}$`);
const accountPattern = new RegExp(`^(${CHAIN}):(${ADDRESS})$`);
const assetPattern = new RegExp(`^(${CHAIN})/(${ASSET})$`);
const localAssetPattern = new RegExp(`^${ASSET}$`);

export function isChainId(text: string): boolean {
  return chainPattern.test(text);
}

/** @throws HeadwaterError `invalid-chain` */
export function parseChainId(text: string): ChainId {
  if (!isChainId(text)) {
    throw new HeadwaterError(
      "invalid-chain",
      `${quote(text)} is not a chain id: expected CAIP-2, <namespace>:<reference>`,
    );
  }
  return text;
}

/** @throws HeadwaterError `invalid-account` */
export function parseAccountId(text: string): AccountId {
  const match = accountPattern.exec(text);
  if (!match) {
    throw new HeadwaterError(
      "invalid-account",
      `${quote(text)} is not an account id: expected CAIP-10, <namespace>:<chain>:<address>`,
    );
  }
  return { chain: match[1] as string, address: match[2] as string };
}

export function formatAccountId(id: AccountId): string {
  return `${id.chain}:${id.address}`;
}

/** @throws HeadwaterError `invalid-asset` */
export function parseAssetId(text: string): AssetId {
  const match = assetPattern.exec(text);
  if (!match) {
    throw new HeadwaterError(
      "invalid-asset",
      `${quote(text)} is not an asset id: expected CAIP-19, <namespace>:<chain>/<namespace>:<reference>`,
    );
  }
  return { chain: match[1] as string, asset: match[2] as string };
}

export function formatAssetId(id: AssetId): string {
  return `${id.chain}/${id.asset}`;
}

/** Whether the text is the part of a CAIP-19 id after the chain. */
export function isLocalAsset(text: string): boolean {
  return localAssetPattern.test(text);
}

/** Shortens what a caller sent, so that an error never repeats a megabyte. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 117)}...` : text);
}
