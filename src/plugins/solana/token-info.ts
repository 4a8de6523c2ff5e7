import type { CallOptions } from "../../core/contracts/plugin.ts";
import type { Asset, AssetInfo } from "../../core/model.ts";
import type { JsonRpcClient } from "../json-rpc/client.ts";
import { mintOf } from "./assets.ts";
import { Answer } from "./codec/answer.ts";
import { readBytes } from "./reads/token-accounts.ts";
import { metadataAddress, readMetadataSymbol, readMintInfo } from "./token-metadata.ts";
import { isTokenProgram } from "./token-programs.ts";

/** Symbol and decimals of the native coin. */
export const NATIVE_INFO: AssetInfo = { symbol: "SOL", decimals: 9 };

/** Half of what nodes take in one call of getMultipleAccounts: a mint, and beside it the account with its metadata. */
const MINTS_A_CALL = 50;

/** So many bytes hold what tells decimals and symbol; names and addresses of pictures come after them, or are cut. */
const DATA = { offset: 0, length: 1_024 };

/**
 * Decimals of tokens, as their mints have them, and symbols: of Token-2022 where the mint itself tells one, else as Metaplex's
 * metadata has them. Null for what is no mint, and for what is not told.
 *
 * Method: getMultipleAccounts. @throws HeadwaterError `node-bad-response`
 */
export async function readAssetInfo(
  client: JsonRpcClient,
  assets: readonly Asset[],
  options?: CallOptions,
): Promise<AssetInfo[]> {
  const mints = [...new Set(assets.map(mintOf).filter((mint) => mint !== undefined))];
  const infos = new Map<string, AssetInfo>();
  for (let i = 0; i < mints.length; i += MINTS_A_CALL) {
    const asked = mints.slice(i, i + MINTS_A_CALL);
    for (const [mint, info] of await fetchInfos(client, asked, options)) infos.set(mint, info);
  }
  return assets.map((asset) => {
    const mint = mintOf(asset);
    return mint === undefined ? NATIVE_INFO : (infos.get(mint) as AssetInfo);
  });
}

type FoundAccount = { readonly owner: string; readonly bytes: Buffer };

async function fetchInfos(
  client: JsonRpcClient,
  mints: readonly string[],
  options?: CallOptions,
): Promise<ReadonlyMap<string, AssetInfo>> {
  const keys = [...mints, ...mints.map(metadataAddress)];
  const config = { encoding: "base64", commitment: "confirmed", dataSlice: DATA };
  const result = await client.call("getMultipleAccounts", [keys, config], options);
  const answer = new Answer(`node ${client.node}, getMultipleAccounts`);
  const values = answer.list(answer.record(result, "result")["value"], "value");
  if (values.length !== keys.length) throw answer.refuse("value", `${keys.length} accounts`, values);
  const accounts = values.map((value, i) => readAccount(answer, value, `value[${i}]`));
  return new Map(mints.map((mint, i) => [mint, infoOf(mint, accounts[i], accounts[mints.length + i])]));
}

function readAccount(answer: Answer, value: unknown, path: string): FoundAccount | undefined {
  if (value === null) return undefined;
  const account = answer.record(value, path);
  return {
    owner: answer.text(account["owner"], `${path}.owner`),
    bytes: readBytes(answer, account["data"], `${path}.data`),
  };
}

function infoOf(mint: string, account: FoundAccount | undefined, metadata: FoundAccount | undefined): AssetInfo {
  const told = account && isTokenProgram(account.owner) ? readMintInfo(mint, account.owner, account.bytes) : undefined;
  if (!told) return { symbol: null, decimals: null };
  return {
    symbol: told.symbol ?? (metadata ? readMetadataSymbol(mint, metadata.owner, metadata.bytes) : null),
    decimals: told.decimals,
  };
}
