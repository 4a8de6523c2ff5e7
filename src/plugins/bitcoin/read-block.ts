import type { BlockLocator } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import type { BlockRef } from "../../core/model.ts";
import { type ParsedBlock, parseBlock } from "./codec/block.ts";
import { hashTransactions } from "./codec/transaction-ids.ts";
import type { BitcoinNetwork } from "./networks/network.ts";

/** A serialized block as a node gave it. */
export type BlockSource = {
  readonly bytes: Uint8Array;
  readonly node: string;
  readonly asked: BlockLocator;
  /**
   * The block's height: the one asked for, or the node's word where it was asked by hash alone. The block itself says it only
   * since BIP34, which verification holds against this.
   */
  readonly height: number;
};

/** A block that is being verified or decoded. */
export type BitcoinBlock = ParsedBlock & {
  readonly ref: BlockRef;
  /** The ids of all transactions, 32 bytes each, on the wire's order. */
  readonly ids: Buffer;
  /** Node and block, as errors name them. */
  readonly where: string;
};

/**
 * Parses a block, hashes its header and its transactions, and checks that it is the one asked for. Pure.
 * @throws HeadwaterError `node-bad-response`, `node-wrong-block`
 */
export function readBlock(source: BlockSource, network: BitcoinNetwork): BitcoinBlock {
  const { node, height, asked } = source;
  const where = `node ${node}, block ${height}`;
  const parsed = parseBlock(source.bytes, network, where);
  const { hash, parentHash, time } = parsed.header;
  expectAsked(asked, hash, height, node);
  const ref: BlockRef = { height, hash, parentHash, parentHeight: height - 1, time: time * 1000 };
  return { ...parsed, ref, where, ids: hashTransactions(parsed.bytes, parsed.transactions) };
}

function expectAsked(asked: BlockLocator, hash: string, height: number, node: string): void {
  const wrongHash = "hash" in asked && asked.hash !== hash;
  if (!wrongHash && (asked.height === undefined || asked.height === height)) return;
  const wanted = "hash" in asked ? asked.hash : `${asked.height}`;
  throw new HeadwaterError(
    "node-wrong-block",
    `node ${node}: asked for block ${wanted}, got ${hash} of height ${height}`,
    {
      details: { node, asked: wanted, hash, height },
    },
  );
}
