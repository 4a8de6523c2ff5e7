import type { CallOptions } from "../../../core/contracts/plugin.ts";
import type { ListedTransaction, ListPlace, TransactionListPage } from "../../../core/contracts/wallet.ts";
import { HeadwaterError } from "../../../core/errors.ts";
import { LIMITS } from "../../../core/limits.ts";
import type { Account } from "../../../core/model.ts";
import type { JsonRpcClient } from "../../json-rpc/client.ts";
import { Answer } from "../codec/answer.ts";
import { readState } from "../reads/context.ts";
import { isRefused } from "../rpc-errors.ts";
import { readSlot } from "../slots.ts";
import { orderWithinBlocks } from "./block-order.ts";

export type ListAsked = { readonly account: Account; readonly before: ListPlace | undefined; readonly limit: number };

const METHOD = "getSignaturesForAddress";

/** What one call listed below the place asked for, newest slot first, and whether there may be more. */
type Listed = { readonly entries: readonly ListedTransaction[]; readonly isCut: boolean };

/**
 * Transactions that name the account: not those that name only a token account of it. Nodes list them from the newest slot down,
 * but with quirks, which end here:
 *
 * - Within a slot some list them by signature, some by their place, depending on where they keep the slot (solana-labs/solana issue
 *   22456): pages begin and end between slots, and places come from the blocks.
 * - A signature to go on from that the node does not know gives nothing, or everything (22110): it must know it, and what is
 *   not below its slot is left out or refused.
 * - What a node has dropped, or could not get out of its storage, is missing without a word (21442): a list that ends is complete
 *   only where the node has the chain's first block.
 *
 * There is no way to ask for what is newer than a signature: a list is read from its beginning.
 *
 * Methods: getSignaturesForAddress; getFirstAvailableBlock and getSignatureStatuses at the end; getBlock with signatures alone.
 * @throws HeadwaterError as `ChainNode.listTransactions`
 */
export async function listTransactions(
  client: JsonRpcClient,
  asked: ListAsked,
  options?: CallOptions,
): Promise<TransactionListPage> {
  const { before, limit } = asked;
  let listed = await fetchListed(client, asked, Math.min(limit + 1, LIMITS.listedTransactions), options);
  // One slot, perhaps that of the place to go on from, filled the answer: its end must be seen.
  if (listed.isCut && new Set(listed.entries.map(({ height }) => height)).size <= 1) {
    listed = await fetchListed(client, asked, LIMITS.listedTransactions, options);
  }
  if (listed.isCut && listed.entries.length === 0) throw unreachable(client, before);
  const slots = [...Map.groupBy(listed.entries, ({ height }) => height).values()];
  const last = listed.isCut ? slots.pop() : undefined;
  const taken: ListedTransaction[] = [];
  let next: ListPlace | undefined;
  for (const entries of slots) {
    if (taken.length > 0 && taken.length + entries.length > limit) break;
    taken.push(...entries);
  }
  let incomplete: string | null = null;
  if (last && taken.length === 0) {
    taken.push(...last);
    const most = LIMITS.listedTransactions;
    incomplete =
      last.length > 0
        ? `slot ${last[0]?.height} has more transactions of the account than the ${most} that nodes list`
        : null;
  }
  if (taken.length < listed.entries.length || listed.isCut) next = placeOf(taken.at(-1));
  if (next === undefined) incomplete = await assessEnd(client, before, listed.entries.length === 0, options);
  return { transactions: await orderWithinBlocks(client, taken, options), next, incomplete };
}

async function fetchListed(
  client: JsonRpcClient,
  { account, before }: ListAsked,
  count: number,
  options: CallOptions | undefined,
): Promise<Listed> {
  const config = { limit: count, commitment: "confirmed", ...(before && { before: before.id }) };
  const result = await client.call(METHOD, [account, config], options);
  const answer = new Answer(`node ${client.node}, ${METHOD}`);
  const told = answer.list(result, "result").map((entry, i) => readListed(answer, entry, `result[${i}]`));
  if (told.length > count) throw answer.refuse("result", `at most ${count} signatures`, result);
  const disordered = told.findIndex(({ height }, i) => height > (told[i - 1]?.height ?? Number.POSITIVE_INFINITY));
  if (disordered > 0)
    throw answer.refuse(`result[${disordered}].slot`, "slots from the newest down", told[disordered]?.height);
  const first = told[0];
  if (before && first && first.height > before.height) {
    throw answer.refuse(
      "result[0].slot",
      `a slot up to ${before.height}, that of the signature to go on from`,
      first.height,
    );
  }
  const below = told.filter(({ height }) => before === undefined || height < before.height);
  const entries = [...new Map(below.map((entry) => [entry.id, entry])).values()];
  return { entries, isCut: told.length === count };
}

function readListed(answer: Answer, entry: unknown, path: string): ListedTransaction {
  const told = answer.record(entry, path);
  const time = told["blockTime"];
  return {
    id: answer.text(told["signature"], `${path}.signature`),
    height: answer.count(told["slot"], `${path}.slot`),
    index: null,
    time: time === null || time === undefined ? null : 1000 * answer.count(time, `${path}.blockTime`),
    status: told["err"] === null || told["err"] === undefined ? "success" : "failed",
  };
}

/** Whether a list that ends here is all there is: why it may not be, or null. */
async function assessEnd(
  client: JsonRpcClient,
  before: ListPlace | undefined,
  isEmpty: boolean,
  options: CallOptions | undefined,
): Promise<string | null> {
  if (isEmpty && before && !(await knows(client, before.id, options))) {
    throw forgotten(client, `it does not know ${before.id}, from which the list goes on`, before.height);
  }
  const method = "getFirstAvailableBlock";
  try {
    const first = readSlot(await client.call(method, [], options), client.node, method);
    if (first === 0) return null;
    if (isEmpty) throw forgotten(client, `its first block is at ${first}, and it lists nothing`, first);
    return `node ${client.node} has nothing before slot ${first}`;
  } catch (error) {
    if (!(error instanceof HeadwaterError) || !isRefused(error)) throw error;
    if (isEmpty) throw forgotten(client, "it lists nothing, and does not tell its first block", undefined);
    return `node ${client.node} does not tell its first block`;
  }
}

async function knows(client: JsonRpcClient, id: string, options: CallOptions | undefined): Promise<boolean> {
  const method = "getSignatureStatuses";
  const asked = { client, commitment: "confirmed", notBefore: 0 } as const;
  const result = await client.call(method, [[id], { searchTransactionHistory: true }], options);
  const { value, answer } = readState(asked, method, result);
  return answer.list(value, "result.value").some((status) => status !== null);
}

function unreachable({ node }: JsonRpcClient, before: ListPlace | undefined): HeadwaterError {
  const text = `slot ${before?.height} has more transactions of the account than nodes list: what is below is out of reach`;
  return new HeadwaterError("node-method-unsupported", `node ${node}, ${METHOD}: ${text}`, {
    details: { node, method: METHOD, slot: before?.height ?? null },
  });
}

function forgotten({ node }: JsonRpcClient, why: string, slot: number | undefined): HeadwaterError {
  return new HeadwaterError("node-history-pruned", `node ${node}, ${METHOD}: ${why}`, {
    details: { node, method: METHOD, slot: slot ?? null },
  });
}

function placeOf(entry: ListedTransaction | undefined): ListPlace | undefined {
  return entry && { id: entry.id, height: entry.height };
}
