import type { CallOptions } from "../../core/contracts/plugin.ts";
import { LIMITS } from "../../core/limits.ts";
import type { Asset, AssetInfo } from "../../core/model.ts";
import { readSymbolText } from "../../core/symbol.ts";
import type { JsonRpcClient } from "../json-rpc/client.ts";
import {
  type ContractAnswer,
  type ContractCall,
  ethCall,
  readCallOutcome,
  readWord,
  SELECTORS,
} from "./contract-call.ts";
import type { Multicall } from "./multicall.ts";

export type TokenReader = { readonly client: JsonRpcClient; readonly multicall: Multicall | undefined };

const UNKNOWN: AssetInfo = { symbol: null, decimals: null };

/** Bytes of a symbol beyond which it is no symbol: 4 bytes for each character that is kept, and as much again. */
const SYMBOL_BYTES = LIMITS.symbolCharacters * 8;

/**
 * What tokens say of themselves at the newest block, in the order asked: symbol() as string or, in tokens of the early
 * days, as bytes32; decimals() of ERC-20. ERC-721 tokens are whole, so their decimals are 0; ERC-1155 has none. Null
 * where a contract does not say or says nonsense. Each contract is asked once, however many of its assets are.
 *
 * @throws HeadwaterError when the node fails; a contract that fails is no error
 */
export async function readAssetInfo(
  reader: TokenReader,
  assets: readonly Asset[],
  options?: CallOptions,
): Promise<AssetInfo[]> {
  const contracts = [...new Set(assets.flatMap((asset) => parseToken(asset)?.contract ?? []))];
  const calls = contracts.flatMap((to): ContractCall[] => [
    { to, data: SELECTORS.symbol },
    { to, data: SELECTORS.decimals },
  ]);
  const answers = await readLatest(reader, calls, options);
  const infos = new Map(
    contracts.map((contract, i) => [
      contract,
      { symbol: readSymbol(answers[2 * i] ?? null), decimals: readDecimals(answers[2 * i + 1] ?? null) },
    ]),
  );
  return assets.map((asset) => {
    const token = parseToken(asset);
    const info = token && infos.get(token.contract);
    if (!info) return UNKNOWN;
    if (token.standard === "erc20") return info;
    return { symbol: info.symbol, decimals: token.standard === "erc721" ? 0 : null };
  });
}

function parseToken(asset: Asset): { readonly standard: string; readonly contract: string } | undefined {
  const match = /^(erc20|erc721|erc1155):(0x[0-9a-f]{40})(?:\/\d+)?$/.exec(asset);
  return match ? { standard: match[1] as string, contract: match[2] as string } : undefined;
}

async function readLatest(
  { client, multicall }: TokenReader,
  calls: readonly ContractCall[],
  options?: CallOptions,
): Promise<ContractAnswer[]> {
  const block = "latest";
  const answers: ContractAnswer[] = [];
  if (calls.length === 0) return answers;
  const isDeployed = await multicall?.isDeployed(Number.POSITIVE_INFINITY, block, options);
  for (let i = 0; i < calls.length; i += LIMITS.multicallCalls) {
    const chunk = calls.slice(i, i + LIMITS.multicallCalls);
    const together = isDeployed ? await multicall?.read(chunk, block, options) : undefined;
    answers.push(...(await completeAlone(client, chunk, together, block, options)));
  }
  return answers;
}

/** Asks again alone what failed among many: a contract that burns all gas starves those after it. */
async function completeAlone(
  client: JsonRpcClient,
  calls: readonly ContractCall[],
  together: readonly ContractAnswer[] | undefined,
  block: string,
  options?: CallOptions,
): Promise<ContractAnswer[]> {
  const answers = calls.map((_, i) => together?.[i] ?? null);
  const failed = answers.flatMap((answer, i) => (answer === null ? [i] : []));
  const outcomes = await client.batch(
    failed.map((i) => ethCall(calls[i] as ContractCall, block)),
    options,
  );
  for (const [k, outcome] of outcomes.entries()) {
    const isAbsurd = !outcome.ok && outcome.error.code === "node-response-too-large";
    answers[failed[k] as number] = isAbsurd ? null : readCallOutcome(outcome, client.node);
  }
  return answers;
}

function readDecimals(answer: ContractAnswer): number | null {
  const word = readWord(answer);
  // The standard's type is uint8.
  return word !== null && word <= 255n ? Number(word) : null;
}

function readSymbol(answer: ContractAnswer): string | null {
  const bytes = answer === null ? undefined : readSymbolBytes(answer);
  return bytes ? readSymbolText(bytes) : null;
}

/** The bytes of an ABI string, or of a bytes32 up to its first zero. Never looks at more than it keeps. */
function readSymbolBytes(answer: string): Uint8Array | undefined {
  const size = (answer.length - 2) / 2;
  if (size === 32) {
    const bytes = Buffer.from(answer.slice(2), "hex");
    const end = bytes.indexOf(0);
    return end === -1 ? bytes : bytes.subarray(0, end);
  }
  const offset = readNumber(answer, 0);
  const length = offset === undefined ? undefined : readNumber(answer, offset);
  if (offset === undefined || length === undefined || length > SYMBOL_BYTES || offset + 32 + length > size)
    return undefined;
  const start = 2 + 2 * (offset + 32);
  return Buffer.from(answer.slice(start, start + 2 * length), "hex");
}

/** The word at a byte offset as a number; undefined when it lies outside, or is too large to be an offset. */
function readNumber(answer: string, offset: number): number | undefined {
  const word = answer.slice(2 + 2 * offset, 66 + 2 * offset);
  if (word.length !== 64 || !/^0{52}/.test(word)) return undefined;
  return Number(`0x${word}`);
}
