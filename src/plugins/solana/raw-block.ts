import type { RawBlock } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { readParsedAnswer } from "../json-rpc/answers.ts";
import { parseExact, parsePlainly } from "./codec/exact-json.ts";
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
  const block = readPlainly(raw) ?? readBlock(readResult(raw, parseExact), raw);
  opened.set(raw, block);
  return block;
}

/**
 * The block without a look for numbers that are not exact, which takes a tenth of the time of parsing: reading refuses an amount
 * that is not, and almost no block has one. Undefined for what is refused, for whatever reason.
 */
function readPlainly(raw: RawBlock): SolanaBlock | undefined {
  try {
    return readBlock(readResult(raw, parsePlainly), raw);
  } catch (error) {
    if (error instanceof HeadwaterError && error.code === "node-bad-response") return undefined;
    throw error;
  }
}

function readResult({ node, asked, parts }: RawBlock, parse: typeof parseExact): unknown {
  const bytes = parts["answer"];
  if (!bytes) throw new HeadwaterError("node-bad-response", `node ${node}: expected a part with the block, got none`);
  const asking = { node, method: "getBlock", classify: classifyRpcError };
  const result = readParsedAnswer(parse(bytes, `node ${node}, getBlock`), BLOCK_ANSWER_ID, asking);
  if (result === null) throw noBlock(asked.height ?? -1, node);
  return result;
}
