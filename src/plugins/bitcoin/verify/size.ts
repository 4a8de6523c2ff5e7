import type { BitcoinNetwork } from "../networks/network.ts";
import type { BitcoinBlock } from "../read-block.ts";
import type { BlockChecks } from "./checks.ts";

const WITNESS_SCALE = 4;

/** Sizes of a block in bytes, and its weight (BIP141), all without an extension block. */
export type BlockSizes = { readonly total: number; readonly stripped: number; readonly weight: number };

export function measureBlock({ transactions, coreEnd }: BitcoinBlock): BlockSizes {
  let witnesses = 0;
  for (let i = 0; i < transactions.count; i++) {
    const marker = (transactions.bodyStart[i] as number) - (transactions.start[i] as number) - 4;
    const beforeLockTime = (transactions.end[i] as number) - 4;
    witnesses += marker + beforeLockTime - (transactions.bodyEnd[i] as number);
  }
  // Marker, flag and the empty extension transaction of the balancing one are counted by nobody.
  const total = coreEnd - (transactions.integrating ? 3 : 0);
  const stripped = coreEnd - witnesses;
  return { total, stripped, weight: stripped * (WITNESS_SCALE - 1) + total };
}

/** That the block is not larger than the network allows. @throws IntegrityViolation */
export function verifySize(block: BitcoinBlock, network: BitcoinNetwork, checks: BlockChecks): void {
  const { maxBlockBytes, elasticSizeFrom, segwitFrom } = network;
  const { stripped, weight } = measureBlock(block);
  if (elasticSizeFrom !== undefined && block.ref.height >= elasticSizeFrom) {
    checks.skip("size", "since the upgrade of that height the limit follows from all blocks before");
    return;
  }
  if (stripped > maxBlockBytes) {
    throw checks.violation("size", `at most ${maxBlockBytes} bytes`, `${stripped} bytes`);
  }
  const maxWeight = maxBlockBytes * WITNESS_SCALE;
  if (segwitFrom !== undefined && weight > maxWeight) {
    throw checks.violation("weight", `at most ${maxWeight}`, `${weight}`);
  }
  checks.pass("size");
}
