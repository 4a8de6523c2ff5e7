import { parseBlock } from "../../src/plugins/bitcoin/codec/block.ts";
import { findNetwork } from "../../src/plugins/bitcoin/networks/find-network.ts";
import type { BitcoinNetwork } from "../../src/plugins/bitcoin/networks/network.ts";
import { REGTEST } from "./block-builder.ts";
import { readChain } from "./chain-file.ts";

/** How many transactions a chain has, and how many inputs and outputs together. */
export function countChain(path: string): { readonly transactions: number; readonly inputsAndOutputs: number } {
  const network = findNetwork(REGTEST) as BitcoinNetwork;
  let transactions = 0;
  let inputsAndOutputs = 0;
  for (const bytes of readChain(path)) {
    const { transactions: table } = parseBlock(bytes, network, "the chain");
    transactions += table.count;
    inputsAndOutputs += table.outpoint.length + table.amount.length;
  }
  return { transactions, inputsAndOutputs };
}
