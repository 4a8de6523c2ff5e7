import type { RawBlock } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { readParsedAnswer } from "../json-rpc/answers.ts";
import { parseExact } from "./codec/exact-json.ts";
import { noBlock } from "./header.ts";
import { readBlock, type SolanaBlock } from "./read-block.ts";
import { classifyRpcError } from "./rpc-errors.ts";

/** The id of the request whose answer a raw block's one part, `answer`, is: the node's bytes as they came. */
export const BLOCK_ANSWER_ID = 1;

const opened = new WeakMap<RawBlock, SolanaBlock>();

/**
 * Parses a raw block exactly, once: verifying and decoding it share the outcome.
 * @throws HeadwaterError `node-bad-response`, `node-wrong-block`, `node-block-missing`, and what a node's error is classified as
 */
export function openRaw(raw: RawBlock): SolanaBlock {
  const known = opened.get(raw);
  if (known) return known;
  const block = readBlock(readResult(raw), raw);
  opened.set(raw, block);
  return block;
}

function readResult({ node, asked, parts }: RawBlock): unknown {
  const bytes = parts["answer"];
  if (!bytes) throw new HeadwaterError("node-bad-response", `node ${node}: expected a part with the block, got none`);
  const asking = { node, method: "getBlock", classify: classifyRpcError };
  const result = readParsedAnswer(parseExact(bytes, `node ${node}, getBlock`), BLOCK_ANSWER_ID, asking);
  if (result === null) throw noBlock(asked.height ?? -1, node);
  return result;
}
