import type { BlockRef } from "../../core/model.ts";

/** One call of a JSON-RPC request. */
export type DialectCall = { readonly method: string; readonly params: readonly unknown[] };

/** How a call names a block. */
export type Place =
  | { readonly tag: "latest" | "safe" | "finalized" }
  | { readonly height: number }
  | { readonly hash: string };

/**
 * The block that a call is about. Its answer is the block or its header (`block`), something else that belongs to the
 * block, like receipts or balances (`detail`), or the block's height alone (`height`).
 */
export type Asked = { readonly answer: "block" | "detail" | "height"; readonly at: Place };

export type Alteration = "changed-movement" | "missing-movement" | "changed-balance" | "wrong-chain";

/**
 * What the faulty node has to know of a family's JSON-RPC to lie in it. All functions are pure, and give results as
 * JSON without changing those given. Block hashes must be texts that stand nowhere in an answer but for the block.
 */
export interface FaultDialect {
  /** Undefined for calls that are about no block. */
  asked(call: DialectCall): Asked | undefined;
  /** The same call about another block. */
  moveTo(call: DialectCall, at: Place): DialectCall;
  headerCall(at: Place): DialectCall;
  /** The answer to a call for a height. */
  heightResult(height: number): unknown;
  /** The ref of a block or header. Undefined for null. */
  readBlock(result: unknown): BlockRef | undefined;
  /** The same block or header with other content, which `salt` decides, on another parent, with the hash it then has. */
  forge(result: unknown, salt: string, parentHash: string): { readonly result: unknown; readonly hash: string };
  /** The same block or header with another time and the same hash. */
  shiftTime(result: unknown, seconds: number): unknown;
  /** Undefined where the answer holds nothing that could be altered so. */
  alter(call: DialectCall, result: unknown, how: Alteration): unknown;
  /** The header in a message of the push feed, and the message with another. Undefined for other messages. */
  readNews(message: unknown): { readonly header: unknown; with(header: unknown): unknown } | undefined;
}
