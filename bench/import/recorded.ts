// Recorded real blocks with what they spend, as templates of a synthetic chain.

import { parseBlock } from "../../src/plugins/bitcoin/codec/block.ts";
import { hashText } from "../../src/plugins/bitcoin/codec/hashing.ts";
import { readOutpoint } from "../../src/plugins/bitcoin/codec/outputs.ts";
import { hashTransactions } from "../../src/plugins/bitcoin/codec/transaction-ids.ts";
import type { TransactionTable } from "../../src/plugins/bitcoin/codec/transactions.ts";
import { findNetwork } from "../../src/plugins/bitcoin/networks/find-network.ts";
import type { BitcoinNetwork } from "../../src/plugins/bitcoin/networks/network.ts";
import { type RecordedBlock, readBitcoinFixture } from "../../test/support/bitcoin-fixtures.ts";
import { REGTEST } from "./block-builder.ts";
import { shownScript } from "./shown-script.ts";

/** With all previous outputs as recorded; of the last two these are worked out from what their inputs show. */
const RECORDED = [
  "bcoin-org__bcoin/bitcoin/mainnet_300025.json",
  "bcoin-org__bcoin/bitcoin/testnet3_928848.json",
  "bcoin-org__bcoin/bitcoin/testnet3_928849.json",
  "bitcoinj__bitcoinj/bitcoin/mainnet_481829.json",
  "rust-bitcoin__rust-bitcoin/bitcoin/mainnet_702861.json",
];

/** An output of an earlier block that a template spends. `amount` in satoshi. */
export type OutsideOutput = { readonly amount: number; readonly script: Buffer; readonly maker: string };

export type Template = {
  readonly name: string;
  readonly bytes: Buffer;
  readonly table: TransactionTable;
  /** What each input spends, by its number in the block: the index of a transaction of the block, or an output from outside. */
  readonly sources: readonly (number | OutsideOutput)[];
  readonly outside: number;
  /** Everything that it spends from outside, in satoshi. */
  readonly amount: number;
};

export function readTemplates(): Template[] {
  return RECORDED.map(readTemplate);
}

function readTemplate(path: string): Template {
  const recorded = readBitcoinFixture<RecordedBlock>(path);
  // The parts of blocks are the same on the networks that these come from.
  const network = findNetwork(REGTEST) as BitcoinNetwork;
  const bytes = Buffer.from(recorded.hex, "hex");
  const { transactions: table } = parseBlock(bytes, network, path);
  const ids = hashTransactions(bytes, table);
  const own = new Map(Array.from({ length: table.count }, (_, i) => [hashText(ids, i * 32), i]));
  const sources: (number | OutsideOutput)[] = [0];
  let outside = 0;
  let amount = 0;
  for (let i = 1; i < table.count; i++) {
    const first = table.firstInput[i] as number;
    const end = table.firstInput[i + 1] as number;
    const known = recorded.prevouts?.[i - 1]?.map(({ value, script }) => ({
      value: Number(value),
      script: Buffer.from(script, "hex"),
    }));
    const spent = known ?? inventSpent(bytes, table, i, own);
    for (let input = first; input < end; input++) {
      const { id: maker } = readOutpoint({ bytes, transactions: table }, input);
      const within = own.get(maker);
      if (within !== undefined) {
        sources.push(within);
        continue;
      }
      const { value, script } = spent[input - first] as { value: number; script: Buffer };
      sources.push({ amount: value, script, maker });
      outside++;
      amount += value;
    }
  }
  return { name: path.split("/").at(-1)?.replace(".json", "") as string, bytes, table, sources, outside, amount };
}

/** The scripts that the inputs show, and as much for each as makes the transaction pay a satoshi a byte. */
function inventSpent(bytes: Buffer, table: TransactionTable, index: number, own: ReadonlyMap<string, number>) {
  const first = table.firstInput[index] as number;
  const inputs = (table.firstInput[index + 1] as number) - first;
  let needed = (table.end[index] as number) - (table.start[index] as number);
  for (let o = table.firstOutput[index] as number; o < (table.firstOutput[index + 1] as number); o++) {
    needed += Number(bytes.readBigUInt64LE(table.amount[o]));
  }
  let outside = 0;
  for (let input = first; input < first + inputs; input++) {
    const { id, index: position } = readOutpoint({ bytes, transactions: table }, input);
    const within = own.get(id);
    if (within === undefined) outside++;
    else needed -= Number(bytes.readBigUInt64LE(table.amount[(table.firstOutput[within] as number) + position]));
  }
  const value = Math.max(1, Math.ceil(needed / Math.max(1, outside)));
  return Array.from({ length: inputs }, (_, i) => ({ value, script: shownScript(bytes, table, index, i) }));
}
