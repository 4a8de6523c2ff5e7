import type { RawBlock } from "../../core/contracts/plugin.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import { readHexAnswer } from "./hex-answer.ts";
import type { BitcoinNetwork } from "./networks/network.ts";
import { heightOf, partOf } from "./raw-parts.ts";
import { type BitcoinBlock, readBlock } from "./read-block.ts";

/** The id of the request whose answer has the block's bytes as hex. */
export const BLOCK_ANSWER_ID = 1;

type Entry = { readonly raw: RawBlock; readonly given: Uint8Array; readonly block: BitcoinBlock };

/**
 * Raw blocks taken apart, kept in this thread for the calls that follow: a block is looked at to list its outputs, and again
 * to verify and decode it. It may come back as a copy of the object. Bounded by number and by bytes.
 */
export class ParsedBlocks {
  readonly #network: BitcoinNetwork;
  /** The oldest first. */
  #entries: Entry[] = [];

  constructor(network: BitcoinNetwork) {
    this.#network = network;
  }

  /** @throws HeadwaterError `node-bad-response`, `node-wrong-block`, and what a node's error is classified as */
  open(raw: RawBlock): BitcoinBlock {
    const given = raw.parts["bytes"] ?? raw.parts["answer"];
    if (given === undefined) {
      throw new HeadwaterError("node-bad-response", `node ${raw.node}: expected a part with the block, got none`);
    }
    const known = this.#entries.find((entry) => isSame(entry, raw, given));
    if (known) return known.block;
    const block = this.#read(raw);
    this.#keep({ raw, given, block });
    return block;
  }

  /** Lets go of a block that will not be asked for again. */
  drop(block: BitcoinBlock): void {
    this.#entries = this.#entries.filter((entry) => entry.block !== block);
  }

  #read(raw: RawBlock): BitcoinBlock {
    const { node, asked } = raw;
    const answer = partOf(raw, "answer");
    const bytes = partOf(raw, "bytes") ?? readHexAnswer(answer as Buffer, BLOCK_ANSWER_ID, node, "getblock");
    return readBlock({ bytes, node, asked, height: heightOf(raw) }, this.#network);
  }

  #keep(entry: Entry): void {
    this.#entries.push(entry);
    let bytes = this.#entries.reduce((sum, { given, block }) => sum + given.length + block.bytes.length, 0);
    while (this.#entries.length > LIMITS.parsedBlocks || bytes > LIMITS.parsedBlockBytes) {
      const oldest = this.#entries.shift();
      // One block alone may be larger than all are meant to be.
      if (oldest === undefined || this.#entries.length === 0) break;
      bytes -= oldest.given.length + oldest.block.bytes.length;
    }
  }
}

function isSame({ raw, given }: Entry, other: RawBlock, bytes: Uint8Array): boolean {
  // Bytes that were handed over to another thread are gone: nothing equals them.
  if (given.length === 0 || given.length !== bytes.length) return false;
  if (raw.node !== other.node || JSON.stringify(raw.asked) !== JSON.stringify(other.asked)) return false;
  return raw === other || Buffer.compare(given, bytes) === 0;
}
