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
 * block, like receipts or balances (`detail`), the block's hash alone (`hash`) or height alone (`height`), or the newest
 * block after a wait for it (`news`), which the dialect writes from its ref.
 */
export type Asked = {
  readonly answer: "block" | "detail" | "hash" | "height" | "news";
  readonly at: Place;
  /** It is asked for as a final one, where that is not said by its place. */
  readonly final?: boolean;
};

export type Alteration = "changed-movement" | "missing-movement" | "changed-balance" | "wrong-chain";

/** What it has to know besides where heights may have no block. */
export interface HeightsDialect {
  /** Whether the call is for a list of heights that have blocks. */
  isList(call: DialectCall): boolean;
  readList(result: unknown): readonly number[];
  writeList(heights: readonly number[]): unknown;
  /** What the node says of a height without a block. */
  skipped(call: DialectCall): { readonly error: unknown };
  isSkipped(error: unknown): boolean;
  /** What the node says of a block that it has forgotten. */
  pruned(call: DialectCall): { readonly error: unknown };
}

/**
 * What the faulty node has to know of a family's JSON-RPC to lie in it. All functions but `note` are pure, and give results as
 * JSON without changing those given. Block hashes must be texts that stand nowhere in an answer but for the block.
 */
export interface FaultDialect {
  /** Undefined for calls that are about no block. */
  asked(call: DialectCall): Asked | undefined;
  /** The same call about another block. */
  moveTo(call: DialectCall, at: Place): DialectCall;
  headerCall(at: Place): DialectCall;
  /** The call for the hash of a block that `headerCall` cannot name. Absent where it can name every place. */
  hashCall?(at: Exclude<Place, { readonly hash: string }>): DialectCall;
  /**
   * The call for the height of the newest or final block, whose result is a number. There where blocks can be asked for by
   * height alone: `headerCall` is then given places of no tag.
   */
  heightCall?(at: Extract<Place, { readonly tag: string }>): DialectCall;
  /** Where not every height has a block: the call for those that have, both ends included; its result is an ascending list. */
  heightsCall?(from: number, to: number): DialectCall;
  /**
   * Told of each honest result before it is looked at. For dialects whose blocks do not say their own height, and which have
   * to know it of a block's object or hash later.
   */
  note?(call: DialectCall, result: unknown): void;
  /** What the node says of a block that it does not have. Default: the result null. */
  missing?(call: DialectCall): { readonly error: unknown };
  /** The answer to a call that waits for news. */
  newsResult?(ref: BlockRef): unknown;
  /**
   * Where nodes do not tell what is final: how many blocks on a block, itself included, make it so. A violation of finality
   * is then a chain that is shorter, or one that parts below what is final.
   */
  readonly finalityDepth?: number;
  /** Absent where every height has a block. */
  readonly heights?: HeightsDialect;
  /** The answer to a call for a height. */
  heightResult(height: number): unknown;
  /** The ref of a block or header. Undefined for null, and for a form that does not tell it. */
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
