import type { RawBlock } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { readHexAnswer } from "./hex-answer.ts";
import type { BitcoinNetwork } from "./networks/network.ts";
import { heightOf, partOf } from "./raw-parts.ts";
import { type BitcoinBlock, readBlock } from "./read-block.ts";

/** The id of the request whose answer has the block's bytes as hex. */
export const BLOCK_ANSWER_ID = 1;

const opened = new WeakMap<RawBlock, BitcoinBlock>();

/**
 * Takes a raw block apart, once: listing its outputs, verifying and decoding it share the outcome.
 * @throws HeadwaterError `node-bad-response`, `node-wrong-block`, and what a node's error is classified as
 */
export function openRaw(raw: RawBlock, network: BitcoinNetwork): BitcoinBlock {
  const known = opened.get(raw);
  if (known) return known;
  const { node, asked } = raw;
  const block = readBlock({ bytes: readBytes(raw), node, asked, height: heightOf(raw) }, network);
  opened.set(raw, block);
  return block;
}

function readBytes(raw: RawBlock): Buffer {
  const bytes = partOf(raw, "bytes");
  if (bytes) return bytes;
  const answer = partOf(raw, "answer");
  if (answer) return readHexAnswer(answer, BLOCK_ANSWER_ID, raw.node, "getblock");
  throw new HeadwaterError("node-bad-response", `node ${raw.node}: expected a part with the block, got none`);
}
