import type { BlockLocator } from "../../core/contracts/plugin.ts";
import { ERROR_CODES, type ErrorCode, HeadwaterError } from "../../core/errors.ts";
import { readTestJson } from "./test-block.ts";

/**
 * The test family's wire protocol: JSON-RPC 2.0 with methods of its own. A block is named by its height, its hash, or a
 * tag; a block that the node does not have is `null`, and a height that the chain skips the error `node-block-skipped`.
 *
 * - `test_describe []`: `{chainId, syncing, clientVersion, capabilities}`
 * - `test_header [block]`: TestHeader; `latest` may come with `syncing`
 * - `test_block [block]`: TestBlock
 * - `test_heights [from, to]`: the heights that have blocks, both ends included, where the chain skips some
 * - `test_balances [queries, hash]`: amounts, null for what cannot be told
 * - `test_recent [queries, height]`: a RecentBalance each, as they are now; an error where the node has not come to the height
 * - `test_names [assets]`: AssetInfo
 * - `test_pending []`: the ids of transactions in no block, where coins are outputs
 * - `test_transactions [ids]`: those of these CoinTransactions that the node has in no block
 * - `test_watch []` on a feed: from then on every new tip comes as `{method: "test_tip", params: [TestHeader]}`
 */
export const TEST_METHODS = {
  describe: "test_describe",
  header: "test_header",
  block: "test_block",
  heights: "test_heights",
  balances: "test_balances",
  recent: "test_recent",
  names: "test_names",
  pending: "test_pending",
  transactions: "test_transactions",
  watch: "test_watch",
  tip: "test_tip",
} as const;

/** How a request names a block. */
export type TestPlace = number | string;

export type TestCall = { readonly id: number; readonly method: string; readonly params: readonly unknown[] };

export type TestAnswer = {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string; readonly data?: string };
};

export function placeOf(at: BlockLocator): TestPlace {
  return "hash" in at ? at.hash : at.height;
}

/** How a whole block's answer begins: it is handed on unread. */
export const BLOCK_ANSWER_START = Buffer.from('{"jsonrpc":"2.0","id":1,"result":{');

/**
 * An answer with amounts in it, or, sooner read, one without.
 * @throws HeadwaterError `node-bad-response` when the bytes are not JSON
 */
export function parseTestAnswer(bytes: Uint8Array, node: string, amounts = true): unknown {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  try {
    return amounts ? readTestJson(text) : JSON.parse(text);
  } catch (cause) {
    throw new HeadwaterError("node-bad-response", `node ${node}: expected JSON, got ${text.slice(0, 40)}`, { cause });
  }
}

/** @throws HeadwaterError `node-bad-response` for what is no answer, else the node's own error */
export function resultOf(answer: unknown, id: number, node: string): unknown {
  const { id: answered, result, error } = (answer ?? {}) as Partial<TestAnswer>;
  if (error) throw new HeadwaterError(readCode(error.data), `node ${node}: ${error.message}`);
  if (answered !== id || result === undefined) {
    throw new HeadwaterError("node-bad-response", `node ${node}: expected a result with id ${id}`);
  }
  return result;
}

function readCode(code: unknown): ErrorCode {
  return typeof code === "string" && Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : "node-rpc-error";
}
