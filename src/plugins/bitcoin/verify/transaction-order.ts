import type { BitcoinNetwork } from "../networks/network.ts";
import type { BitcoinBlock } from "../read-block.ts";
import type { BlockChecks } from "./checks.ts";

/** Whether the network sorts the transactions of a block of this height by their ids. */
export function isSorted(height: number, { sortedFrom }: Pick<BitcoinNetwork, "sortedFrom">): boolean {
  return sortedFrom !== undefined && height >= sortedFrom;
}

/**
 * That the transactions after the coinbase stand in the ascending order of their ids as people write them, each once, where
 * the network sorts them (canonical transaction order).
 * @throws IntegrityViolation
 */
export function verifyTransactionOrder({ ref, ids }: BitcoinBlock, network: BitcoinNetwork, checks: BlockChecks): void {
  if (!isSorted(ref.height, network)) return;
  for (let at = 64; at < ids.length; at += 32) {
    if (compareIds(ids, at - 32, at) < 0) continue;
    throw checks.violation(`transaction ${at / 32}`, "an id above that of the transaction before it", "a lower one");
  }
  checks.pass("transactionOrder");
}

/** Ids are written with the last byte on the wire first. */
function compareIds(ids: Buffer, a: number, b: number): number {
  for (let i = 31; i >= 0; i--) {
    const difference = (ids[a + i] as number) - (ids[b + i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}
