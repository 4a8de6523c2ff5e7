import type { CallOptions } from "../../core/contracts/plugin.ts";
import type { Asset, AssetInfo } from "../../core/model.ts";
import type { JsonRpcClient } from "../json-rpc/client.ts";
import { mintOf } from "./assets.ts";
import { Answer } from "./codec/answer.ts";

/** Symbol and decimals of the native coin. */
export const NATIVE_INFO: AssetInfo = { symbol: "SOL", decimals: 9 };

/** What nodes take in one call of getMultipleAccounts. */
const ACCOUNTS_A_CALL = 100;

/** Programs whose mints begin alike: the SPL Token program and Token-2022. */
const TOKEN_PROGRAMS: ReadonlySet<string> = new Set([
  "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
  "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb",
]);

/** In a mint: after who may mint (36 bytes) and the supply (8) come the decimals, and whether it is set up. */
const DECIMALS = { offset: 44, length: 2 };

/**
 * Decimals of tokens, as their mints have them; null for what is no mint. Symbols stand elsewhere, if anywhere: null.
 * Method: getMultipleAccounts. @throws HeadwaterError `node-bad-response`
 */
export async function readAssetInfo(
  client: JsonRpcClient,
  assets: readonly Asset[],
  options?: CallOptions,
): Promise<AssetInfo[]> {
  const mints = [...new Set(assets.map(mintOf).filter((mint) => mint !== undefined))];
  const decimals = new Map<string, number | null>();
  for (let i = 0; i < mints.length; i += ACCOUNTS_A_CALL) {
    const asked = mints.slice(i, i + ACCOUNTS_A_CALL);
    const accounts = await fetchAccounts(client, asked, options);
    for (const [k, mint] of asked.entries()) decimals.set(mint, accounts[k] ?? null);
  }
  return assets.map((asset) => {
    const mint = mintOf(asset);
    return mint === undefined ? NATIVE_INFO : { symbol: null, decimals: decimals.get(mint) ?? null };
  });
}

async function fetchAccounts(
  client: JsonRpcClient,
  mints: readonly string[],
  options?: CallOptions,
): Promise<(number | null)[]> {
  const config = { encoding: "base64", commitment: "confirmed", dataSlice: DECIMALS };
  const result = await client.call("getMultipleAccounts", [mints, config], options);
  const answer = new Answer(`node ${client.node}, getMultipleAccounts`);
  const values = answer.list(answer.record(result, "result")["value"], "value");
  if (values.length !== mints.length) throw answer.refuse("value", `${mints.length} accounts`, values);
  return values.map((value, i) => {
    if (value === null) return null;
    const account = answer.record(value, `value[${i}]`);
    if (!TOKEN_PROGRAMS.has(String(account["owner"]))) return null;
    const [data] = answer.list(account["data"], `value[${i}].data`);
    const bytes = Buffer.from(typeof data === "string" ? data : "", "base64");
    return bytes.length === DECIMALS.length && bytes[1] === 1 ? (bytes[0] as number) : null;
  });
}
