import { keccak256 } from "./keccak.ts";
import type { RpcLog } from "./rpc-types.ts";

const BLOOM_BYTES = 256;
/** Bits are numbered from the last byte's lowest; eleven bits number 2048 of them. */
const BIT_MASK = 0x7ff;

/**
 * Logs' bloom filters (yellow paper, 4.3.1): three bits for the address and for each topic of every log. One serves one
 * block: addresses and topics come again and again in it, and each is hashed once.
 */
export class BloomBuilder {
  readonly #bits = new Map<string, readonly number[]>();
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
    for (const bit of this.#bitsOf(hex)) (bloom[BLOOM_BYTES - 1 - (bit >> 3)] as number) |= 1 << (bit & 7);
  }

  #bitsOf(hex: string): readonly number[] {
    const known = this.#bits.get(hex);
    if (known) return known;
    const hash = keccak256(Buffer.from(hex.slice(2), "hex"));
    const bits = [0, 2, 4].map((at) => (((hash[at] as number) << 8) | (hash[at + 1] as number)) & BIT_MASK);
    this.#bits.set(hex, bits);
    return bits;
  }
}
