import type { BalanceQuery, CallOptions } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import type { BlockRef } from "../../core/model.ts";
import type { JsonRpcClient } from "../json-rpc/client.ts";
import { describe } from "../json-rpc/excerpt.ts";
import { type RpcCall, type RpcOutcome, unwrap } from "../json-rpc/messages.ts";
import type { PinnedReads } from "./block-at.ts";
import {
  type ContractAnswer,
  type ContractCall,
  encodeCalldata,
  ethCall,
  expectHex,
  readCallOutcome,
  readWord,
  SELECTORS,
} from "./contract-call.ts";
import type { Multicall } from "./multicall.ts";
import { QUANTITY } from "./shape.ts";

export type AccountReader = {
  readonly client: JsonRpcClient;
  readonly pinned: PinnedReads;
  readonly multicall: Multicall | undefined;
};

/** How one balance is read: the native coin has methods of its own, a token is asked and its answer understood. */
type BalanceRead =
  | { readonly kind: "native"; readonly account: string }
  | {
      readonly kind: "token";
      readonly call: ContractCall;
      readonly understand: (answer: ContractAnswer) => bigint | null;
    };

/**
 * Balances after the block, in the order asked, all read at the block's hash (EIP-1898) or not at all. Tokens answer
 * balanceOf, or ownerOf for one ERC-721 token: 1 for its owner, 0 for others. Null where the contract reverts or does
 * not answer with 32 bytes; so also for most ERC-721 tokens that do not exist, whose contracts then revert.
 *
 * Methods: eth_getBalance, eth_call, eth_getCode.
 * @throws HeadwaterError `node-history-pruned`, `node-block-missing`, `node-wrong-block`, `invalid-asset`
 */
export async function readBalances(
  reader: AccountReader,
  queries: readonly BalanceQuery[],
  at: BlockRef,
  options?: CallOptions,
): Promise<(bigint | null)[]> {
  const reads = queries.map(planRead);
  if (reads.length === 0) return [];
  return await reader.pinned.at(at, (block) => readAll(reader, reads, at.height, block, options), options);
}

function planRead({ account, asset }: BalanceQuery): BalanceRead {
  if (asset.startsWith("slip44:")) return { kind: "native", account };
  const match = /^(erc20|erc721|erc1155):(0x[0-9a-f]{40})(?:\/(\d{1,78}))?$/.exec(asset);
  const [, standard, to = "", idText] = match ?? [];
  const id = idText === undefined ? undefined : BigInt(idText);
  if (!match || (standard === "erc20") !== (id === undefined)) {
    throw new HeadwaterError("invalid-asset", `${describe(asset)} is not an asset whose balance an EVM node can tell`);
  }
  if (id === undefined) return tokenRead(to, encodeCalldata(SELECTORS.balanceOf, account), readWord);
  if (standard === "erc1155") return tokenRead(to, encodeCalldata(SELECTORS.balanceOfId, account, id), readWord);
  const owner = BigInt(account);
  return tokenRead(to, encodeCalldata(SELECTORS.ownerOf, id), (answer) => {
    const word = readWord(answer);
    // An address has zeros before it; anything else is no owner.
    if (word === null || word >> 160n !== 0n) return null;
    // A token that nobody owns is the zero address's only in form (ERC-721).
    return word === owner && word !== 0n ? 1n : 0n;
  });
}

function tokenRead(to: string, data: string, understand: (answer: ContractAnswer) => bigint | null): BalanceRead {
  return { kind: "token", call: { to, data }, understand };
}

async function readAll(
  reader: AccountReader,
  reads: readonly BalanceRead[],
  height: number,
  block: unknown,
  options?: CallOptions,
): Promise<(bigint | null)[]> {
  const { multicall } = reader;
  if (reads.length === 1 || !multicall || !(await multicall.isDeployed(height, block, options))) {
    return await readDirectly(reader.client, reads, block, options);
  }
  const chunks: BalanceRead[][] = [];
  for (let i = 0; i < reads.length; i += LIMITS.multicallCalls) chunks.push(reads.slice(i, i + LIMITS.multicallCalls));
  const balances: (bigint | null)[] = [];
  for (let i = 0; i < chunks.length; i += LIMITS.nodeConcurrency) {
    const window = chunks.slice(i, i + LIMITS.nodeConcurrency);
    const read = window.map((chunk) => readByMulticall(reader.client, multicall, chunk, block, options));
    for (const part of await Promise.all(read)) balances.push(...part);
  }
  return balances;
}

/** What failed among many is asked again alone, so that no contract can spoil another's answer. */
async function readByMulticall(
  client: JsonRpcClient,
  multicall: Multicall,
  reads: readonly BalanceRead[],
  block: unknown,
  options?: CallOptions,
): Promise<(bigint | null)[]> {
  const calls = reads.map((read) => (read.kind === "native" ? multicall.nativeBalance(read.account) : read.call));
  const answers = await multicall.read(calls, block, options);
  if (!answers) return await readDirectly(client, reads, block, options);
  const balances = reads.map((read, i) => {
    const answer = answers[i] ?? null;
    return read.kind === "native" ? readWord(answer) : read.understand(answer);
  });
  const failed = reads.flatMap((read, i) =>
    answers[i] === null || (read.kind === "native" && balances[i] === null) ? [i] : [],
  );
  const again = await readDirectly(
    client,
    failed.map((i) => reads[i] as BalanceRead),
    block,
    options,
  );
  for (const [k, i] of failed.entries()) balances[i] = again[k] ?? null;
  return balances;
}

async function readDirectly(
  client: JsonRpcClient,
  reads: readonly BalanceRead[],
  block: unknown,
  options?: CallOptions,
): Promise<(bigint | null)[]> {
  const calls = reads.map(
    (read): RpcCall =>
      read.kind === "native" ? { method: "eth_getBalance", params: [read.account, block] } : ethCall(read.call, block),
  );
  const outcomes = await client.batch(calls, options);
  return reads.map((read, i) => {
    const outcome = outcomes[i] as RpcOutcome;
    if (read.kind === "native") return readQuantity(unwrap(outcome), client.node);
    return read.understand(readCallOutcome(outcome, client.node));
  });
}

function readQuantity(result: unknown, node: string): bigint {
  const text = expectHex(result, node, "eth_getBalance").toLowerCase();
  if (QUANTITY.pattern.test(text)) return BigInt(text);
  throw new HeadwaterError(
    "node-bad-response",
    `node ${node}, eth_getBalance: expected ${QUANTITY.says}, got ${describe(result)}`,
    { details: { node, method: "eth_getBalance", actual: describe(result) } },
  );
}
