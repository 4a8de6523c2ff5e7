// Blocks of the regtest network with roots, commitments, heights and work of their own.
import { hashText, sha256d } from "../../src/plugins/bitcoin/codec/hashing.ts";
import type { ChainWriter } from "./chain-file.ts";

/** The genesis block of regtest: mainnet's coinbase under a header of its own. */
const GENESIS = Buffer.from(
  "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa" +
    "4b1e5e4adae5494dffff7f20020000000101000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d" +
    "0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f757420" +
    "666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef" +
    "38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000",
  "hex",
);
/** The chain that is built: the easiest work that there is. */
export const REGTEST = "bip122:0f9188f13cb7b2c71f2a335e3a4fc328";
const GENESIS_TIME = 1_296_688_602;
const SPACING_SECONDS = 600;
const REGTEST_BITS = 0x207f_ffff;
const COIN = 100_000_000;

/** New coin of a block, satoshi. */
export function subsidyAt(height: number): number {
  return Math.floor((50 * COIN) / 2 ** Math.floor(height / 150));
}

/** Appends blocks to a file, each on the one before. */
export class BlockBuilder {
  readonly #file: ChainWriter;
  #parent: Buffer;
  #height = 0;

  constructor(file: ChainWriter) {
    this.#file = file;
    file.append(GENESIS);
    this.#parent = sha256d(GENESIS.subarray(0, 80));
  }

  /** The height of the next block. */
  get height(): number {
    return this.#height + 1;
  }

  get sizeBytes(): number {
    return this.#file.sizeBytes;
  }

  /** Fills in the header of a block whose transactions are there, finds its work and appends it. */
  append(block: Buffer, merkleRoot: Buffer): void {
    this.#height++;
    block.writeInt32LE(4, 0);
    this.#parent.copy(block, 4);
    merkleRoot.copy(block, 36);
    block.writeUInt32LE(GENESIS_TIME + this.#height * SPACING_SECONDS, 68);
    block.writeUInt32LE(REGTEST_BITS, 72);
    block.writeUInt32LE(0, 76);
    const header = block.subarray(0, 80);
    for (let nonce = 1; ; nonce++) {
      this.#parent = sha256d(header);
      if ((this.#parent[31] as number) < 0x7f) break;
      block.writeUInt32LE(nonce, 76);
    }
    this.#file.append(block);
  }

  /** The last block's hash as people write it. */
  get tip(): string {
    return hashText(this.#parent);
  }
}

/** The root over ids of 32 bytes each, by the plainest of ways: the plugin's own is under test here. */
export function plainMerkleRoot(ids: readonly Buffer[]): Buffer {
  let level = ids;
  while (level.length > 1) {
    const parents: Buffer[] = [];
    for (let i = 0; i < level.length; i += 2) {
      parents.push(sha256d(Buffer.concat([level[i] as Buffer, (level[i + 1] ?? level[i]) as Buffer])));
    }
    level = parents;
  }
  return level[0] as Buffer;
}

/** A height as the coinbase's script starts with it (BIP34), for heights above 16. */
export function pushHeight(height: number): Buffer {
  const digits = [height & 0xff, (height >> 8) & 0xff, (height >> 16) & 0xff];
  while (digits.length > 1 && digits.at(-1) === 0) digits.pop();
  if ((digits.at(-1) as number) & 0x80) digits.push(0);
  return Buffer.from(height > 16 ? [digits.length, ...digits] : [0x50 + height]);
}
