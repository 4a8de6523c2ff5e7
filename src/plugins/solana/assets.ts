import { HeadwaterError } from "../../core/errors.ts";
import type { Asset } from "../../core/model.ts";
import { NATIVE_ASSET } from "./decode/decode-block.ts";
import { readKey } from "./keys.ts";

const TOKEN = "token:";

/**
 * `slip44:501` or `token:<mint>` in the one form that the ledger uses.
 * @throws HeadwaterError `invalid-asset`
 */
export function parseAsset(text: string): Asset {
  if (text.toLowerCase() === NATIVE_ASSET) return NATIVE_ASSET;
  if (!text.startsWith(TOKEN)) throw invalidAsset(text, `assets are ${NATIVE_ASSET} and ${TOKEN}<mint>`);
  const reading = readKey(text.slice(TOKEN.length));
  if ("problem" in reading) throw invalidAsset(text, `the mint is no public key: ${reading.problem}`);
  return `${TOKEN}${reading.key}`;
}

/** The mint of a token, or undefined for the native coin. */
export function mintOf(asset: Asset): string | undefined {
  return asset.startsWith(TOKEN) ? asset.slice(TOKEN.length) : undefined;
}

function invalidAsset(text: string, why: string): HeadwaterError {
  return new HeadwaterError("invalid-asset", `${JSON.stringify(text.slice(0, 80))}: ${why}`);
}
