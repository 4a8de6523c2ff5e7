import type { CallOptions } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import type { JsonRpcClient } from "../json-rpc/client.ts";
import { describe } from "../json-rpc/excerpt.ts";
import { type Commitment, getBlocks } from "./block-request.ts";
import { isRefused } from "./rpc-errors.ts";

/**
 * The slots from `from` to `to`, both included, at which the node has blocks, ascending. A node that has dropped the
 * beginning leaves it out without a word: when the first slot is not there, it is asked how far back it goes.
 *
 * Methods: getBlocks, getFirstAvailableBlock.
 * @throws HeadwaterError `node-history-pruned` where the range begins below what the node has
 */
export async function fetchSlots(
  client: JsonRpcClient,
  from: number,
  to: number,
  commitment: Commitment,
  options?: CallOptions,
): Promise<number[]> {
  const slots: number[] = [];
  for (let start = from; start <= to; start += LIMITS.listedHeights) {
    const end = Math.min(to, start + LIMITS.listedHeights - 1);
    const call = getBlocks(start, end, commitment);
    const part = listSlots(await client.call(call.method, call.params, options), client.node, start, end);
    if (start === from && part[0] !== from) await assertReaches(client, from, options);
    for (const slot of part) slots.push(slot);
  }
  return slots;
}

/**
 * The slots in an answer to `getBlocks`, ascending and each once. Nodes have given slots outside the range (solana-labs/solana
 * issue 18946): these are left out.
 * @throws HeadwaterError `node-bad-response`
 */
export function listSlots(
  result: unknown,
  node: string,
  from: number,
  to: number = Number.MAX_SAFE_INTEGER,
): readonly number[] {
  if (!Array.isArray(result)) throw badSlots(node, result);
  const slots = new Set<number>();
  for (const slot of result as unknown[]) {
    if (!isSlot(slot)) throw badSlots(node, slot);
    if (slot >= from && slot <= to) slots.add(slot);
  }
  return [...slots].sort((a, b) => a - b);
}

/** A slot's number in an answer. @throws HeadwaterError `node-bad-response` */
export function readSlot(result: unknown, node: string, method: string): number {
  if (isSlot(result)) return result;
  const actual = describe(result);
  throw new HeadwaterError("node-bad-response", `node ${node}, ${method}: expected a slot, got ${actual}`, {
    details: { node, method, expected: "a slot", actual },
  });
}

async function assertReaches(client: JsonRpcClient, slot: number, options?: CallOptions): Promise<void> {
  const method = "getFirstAvailableBlock";
  let first: number;
  try {
    first = readSlot(await client.call(method, [], options), client.node, method);
  } catch (error) {
    if (error instanceof HeadwaterError && isRefused(error)) return;
    throw error;
  }
  if (first <= slot) return;
  throw new HeadwaterError(
    "node-history-pruned",
    `node ${client.node}: its first block is at ${first}, above ${slot}`,
    {
      details: { node: client.node, slot, first },
    },
  );
}

function isSlot(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function badSlots(node: string, value: unknown): HeadwaterError {
  const actual = describe(value);
  return new HeadwaterError("node-bad-response", `node ${node}, getBlocks: expected a list of slots, got ${actual}`, {
    details: { node, method: "getBlocks", expected: "a list of slots", actual },
  });
}
