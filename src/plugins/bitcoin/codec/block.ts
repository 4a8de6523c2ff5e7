import type { BitcoinNetwork } from "../networks/network.ts";
import { type AuxPow, announcesAuxPow, readAuxPow } from "./aux-pow.ts";
import { ByteCursor } from "./byte-cursor.ts";
import { type BlockHeader, readHeader } from "./header.ts";
import { readTransactions, type TransactionTable } from "./transactions.ts";

/** A block taken apart. All offsets are into `bytes`. */
export type ParsedBlock = {
  readonly bytes: Buffer;
  readonly header: BlockHeader;
  /** Where another chain's work was used. */
  readonly auxPow: AuxPow | undefined;
  readonly transactions: TransactionTable;
  /** Where the block ends without its extension block: the bytes that size limits are about. */
  readonly coreEnd: number;
};

/**
 * Takes a serialized block apart, to its last byte. Bytes are not copied: they must not change afterwards.
 * @param where node and block, as errors name them
 * @throws HeadwaterError `node-bad-response` with the place of what is missing, malformed, not in its shortest form or too much
 */
export function parseBlock(bytes: Uint8Array, network: BitcoinNetwork, where: string): ParsedBlock {
  const cursor = new ByteCursor(bytes, where);
  const header = readHeader(cursor);
  const auxPow = network.auxPow && announcesAuxPow(header) ? readAuxPow(cursor) : undefined;
  const witnesses = network.segwitFrom !== undefined;
  const transactions = readTransactions(cursor, { witnesses, extensionBlocks: network.extensionBlocks });
  const coreEnd = cursor.at;
  if (transactions.integrating) skipExtensionBlock(cursor);
  if (cursor.left > 0) throw cursor.error(`${cursor.left} bytes after the block's end`);
  return { bytes: cursor.bytes, header, auxPow, transactions, coreEnd };
}

/** A byte that says that it is there, and all that is left: the extension block is not looked into. */
function skipExtensionBlock(cursor: ByteCursor): void {
  if (cursor.uint8("the extension block") !== 1)
    throw cursor.error("no extension block after the transaction that balances it");
  if (cursor.left === 0) throw cursor.error("the extension block: the bytes end here");
  cursor.skip(cursor.left, "the extension block");
}
