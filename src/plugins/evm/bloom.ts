import { keccak256 } from "./keccak.ts";
import { remember } from "./remember.ts";
import type { RpcLog } from "./rpc-types.ts";

const BLOOM_BYTES = 256;
/** Bits are numbered from the last byte's lowest; eleven bits number 2048 of them. */
const BIT_MASK = 0x7ff;

/** The three bits of an address or a topic. */
type Bits = readonly [number, number, number];

const bitsOf = remember((hex): Bits => {
  const hash = keccak256(Buffer.from(hex.slice(2), "hex"));
  const bit = (at: number) => (((hash[at] as number) << 8) | (hash[at + 1] as number)) & BIT_MASK;
  return [bit(0), bit(2), bit(4)];
});

/**
 * Logs' bloom filters (yellow paper, 4.3.1): three bits for the address and for each topic of every log. One serves one
 * block.
 */
export class BloomBuilder {
  readonly #block: Buffer = Buffer.alloc(BLOOM_BYTES);

  /** The filter of these logs. They are also added to the block's. */
  build(logs: readonly RpcLog[]): Buffer {
    const bloom = Buffer.alloc(BLOOM_BYTES);
    for (const log of logs) {
      this.#add(bloom, log.address);
      for (const topic of log.topics) this.#add(bloom, topic);
    }
    if (logs.length > 0) for (let i = 0; i < BLOOM_BYTES; i++) (this.#block[i] as number) |= bloom[i] as number;
    return bloom;
  }

  /** The filter of all logs so far. */
  get block(): Buffer {
    return this.#block;
  }

  #add(bloom: Buffer, hex: string): void {
    const [a, b, c] = bitsOf(hex);
    setBit(bloom, a);
    setBit(bloom, b);
    setBit(bloom, c);
  }
}

function setBit(bloom: Buffer, bit: number): void {
  (bloom[BLOOM_BYTES - 1 - (bit >> 3)] as number) |= 1 << (bit & 7);
}
