import { quote } from "../../core/caip.ts";
import { HeadwaterError } from "../../core/errors.ts";
import type { Account, Asset } from "../../core/model.ts";
import { parseAccount } from "./account.ts";

/** An asset taken apart. Contracts are lower-case addresses, token ids 0 … 2^256 - 1. */
export type EvmAsset =
  | { readonly kind: "native" }
  | { readonly kind: "erc20"; readonly contract: Account }
  | { readonly kind: "erc721" | "erc1155"; readonly contract: Account; readonly tokenId: bigint };

const token = /^(erc20|erc721|erc1155):([^/]+)(?:\/(.+))?$/;
const decimal = /^(?:0|[1-9][0-9]{0,77})$/;
const MAX_TOKEN_ID = 2n ** 256n - 1n;

export function erc20Asset(contract: Account): Asset {
  return `erc20:${contract}`;
}

export function erc721Asset(contract: Account, tokenId: bigint): Asset {
  return `erc721:${contract}/${tokenId}`;
}

export function erc1155Asset(contract: Account, tokenId: bigint): Asset {
  return `erc1155:${contract}/${tokenId}`;
}

/**
 * Takes the part of a CAIP-19 id after the chain apart: `native` itself, `erc20:0x…`, `erc721:0x…/<id>`,
 * `erc1155:0x…/<id>`. Contracts may carry an EIP-55 checksum; ids are decimal without leading zeros.
 * @throws HeadwaterError `invalid-asset`
 */
export function readAsset(text: string, native: Asset): EvmAsset {
  if (text === native) return { kind: "native" };
  const [, kind, address = "", id] = token.exec(text) ?? [];
  if (kind === undefined) {
    throw invalid(text, `expected ${native}, erc20:0x…, erc721:0x…/<id> or erc1155:0x…/<id>`);
  }
  const contract = parseContract(text, address);
  if (kind === "erc20") {
    if (id !== undefined) throw invalid(text, "an erc20 asset has no token id");
    return { kind, contract };
  }
  if (id === undefined || !decimal.test(id) || BigInt(id) > MAX_TOKEN_ID) {
    throw invalid(text, "expected a token id after the contract: /<decimal, 0 to 2^256 - 1, no leading zeros>");
  }
  return { kind: kind === "erc721" ? kind : "erc1155", contract, tokenId: BigInt(id) };
}

/** The canonical text of an asset. @throws HeadwaterError `invalid-asset` */
export function parseAsset(text: string, native: Asset): Asset {
  const asset = readAsset(text, native);
  if (asset.kind === "native") return native;
  if (asset.kind === "erc20") return erc20Asset(asset.contract);
  return asset.kind === "erc721"
    ? erc721Asset(asset.contract, asset.tokenId)
    : erc1155Asset(asset.contract, asset.tokenId);
}

function parseContract(text: string, address: string): Account {
  try {
    return parseAccount(address);
  } catch (cause) {
    throw invalid(text, cause instanceof HeadwaterError ? cause.message : "the contract is not an address", cause);
  }
}

function invalid(text: string, reason: string, cause?: unknown): HeadwaterError {
  return new HeadwaterError("invalid-asset", `${quote(text)} is not an asset of this chain: ${reason}`, { cause });
}
