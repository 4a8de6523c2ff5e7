import { describe, expect, it } from "vitest";
import type { LedgerBlock } from "../../../../src/core/model.ts";
import { factsOf } from "../../../../src/plugins/bitcoin/block-facts.ts";
import { ByteCursor } from "../../../../src/plugins/bitcoin/codec/byte-cursor.ts";
import { hashText } from "../../../../src/plugins/bitcoin/codec/hashing.ts";
import { hashTransactions } from "../../../../src/plugins/bitcoin/codec/transaction-ids.ts";
import { readTransaction } from "../../../../src/plugins/bitcoin/codec/transactions.ts";
import { decodeBlock } from "../../../../src/plugins/bitcoin/decode/decode-block.ts";
import type { BitcoinNetwork } from "../../../../src/plugins/bitcoin/networks/network.ts";
import type { BitcoinBlock } from "../../../../src/plugins/bitcoin/read-block.ts";
import { AccountForms } from "../../../../src/plugins/bitcoin/scripts/account.ts";
import { resolveSpent, type SpentOutput } from "../../../../src/plugins/bitcoin/spent-outputs.ts";
import { measureBlock } from "../../../../src/plugins/bitcoin/verify/size.ts";
import { verifyBlock } from "../../../../src/plugins/bitcoin/verify/verify-block.ts";
import { buildCoinbase } from "../../../support/bitcoin-builder.ts";
import {
  type GetBlock,
  networkNamed,
  ownerOf,
  type RecordedBlock,
  readBitcoinFixture,
  readBitcoinRows,
  readBytes,
  serializeGetBlock,
} from "../../../support/bitcoin-fixtures.ts";

const ETL = "blockchain-etl__bitcoin-etl";

/** What bitcoin-etl makes of a block and of a transaction. Amounts are in the smallest unit. */
type BlockRow = {
  readonly hash: string;
  readonly size: number;
  readonly stripped_size: number | null;
  readonly weight: number | null;
  readonly number: number;
  readonly merkle_root: string;
  readonly timestamp: number;
  readonly transaction_count: number;
  readonly coinbase_param: string;
};
type TransactionRow = {
  readonly hash: string;
  readonly block_hash: string;
  readonly index: number | null;
  readonly is_coinbase: boolean;
  readonly inputs: readonly { readonly spent_transaction_hash: string; readonly spent_output_index: number }[];
  readonly outputs: readonly OutputRow[];
  readonly output_value: number;
  readonly fee: number;
};
type OutputRow = {
  readonly index: number;
  readonly script_hex: string;
  readonly addresses: readonly string[];
  readonly type: string;
  readonly value: number;
};

const GETBLOCKS: readonly (readonly [folder: string, hash: string])[] = [
  ["bitcoin/block_0", "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"],
  ["bitcoin/block_1", "00000000839a8e6886ab5951d76f411475428afc90947ee320161bbf18eb6048"],
  ["bitcoin/block_without_transactions", "000000001aeae195809d120b5d66a39c83eb48792e068f8ea1fea19d84a4278a"],
  ["bitcoin/block_with_transactions", "000000001c920d495e1eeef2452b6d1c6c229a919b28196c103ecffebabee141"],
  ["bitcoin/block_with_transactions", "000000002066d7f9b134c30b5005b7bf5fbfa52f279883f1fde793dcdc964266"],
  ["bitcoin/stream_50001_50002", "000000001c920d495e1eeef2452b6d1c6c229a919b28196c103ecffebabee141"],
  ["bitcoin/stream_50001_50002", "000000002066d7f9b134c30b5005b7bf5fbfa52f279883f1fde793dcdc964266"],
];

function readGetBlock(path: string): GetBlock {
  const file = readBitcoinFixture<{ result?: GetBlock } | { result: GetBlock }[]>(path);
  return (Array.isArray(file) ? file[0]?.result : (file.result ?? file)) as GetBlock;
}

/** Bitcoin's early blocks spend coins of 50, one input a transaction, and pay no fees: so what is spent follows. */
function decodeEarly(block: BitcoinBlock, network: BitcoinNetwork): LedgerBlock {
  const { transactions } = block;
  const spent = resolveSpent(block, network, (_block, input): SpentOutput => {
    const spender = transactions.firstInput.findLastIndex((first) => first <= input);
    const outputs = transactions.amount.slice(transactions.firstOutput[spender], transactions.firstOutput[spender + 1]);
    const paid = outputs.reduce((sum, at) => sum + block.bytes.readBigUInt64LE(at), 0n);
    const inputs = (transactions.firstInput[spender + 1] as number) - (transactions.firstInput[spender] as number);
    return { account: "00", amount: paid / BigInt(inputs) };
  });
  return decodeBlock(block, spent, network);
}

function expectRows(
  block: BitcoinBlock,
  network: BitcoinNetwork,
  row: BlockRow,
  rows: readonly TransactionRow[],
): void {
  expect(block.ref).toMatchObject({ hash: row.hash, height: row.number, time: row.timestamp * 1000 });
  expect(hashText(block.header.merkleRoot)).toBe(row.merkle_root);
  const { total, stripped, weight } = measureBlock(block);
  expect({ total, stripped, weight }).toEqual({
    total: row.size,
    stripped: row.stripped_size ?? stripped,
    weight: row.weight ?? weight,
  });
  expect(block.transactions.count).toBe(row.transaction_count);
  const ledger = decodeEarly(block, network);
  const { inputs } = factsOf(block, network);
  const forms = new AccountForms(network);
  expect(ledger.transactions.map(({ id }) => id)).toEqual(rows.map(({ hash }) => hash));
  for (const [i, told] of rows.entries()) {
    expect(told.block_hash).toBe(block.ref.hash);
    const [first, end] = [block.transactions.firstInput[i] as number, block.transactions.firstInput[i + 1] as number];
    const spends = inputs.ids.slice(first, end).filter((id) => id !== "");
    expect(spends).toEqual(
      told.inputs.map(
        ({ spent_transaction_hash, spent_output_index }) => `${spent_transaction_hash}:${spent_output_index}`,
      ),
    );
    // What the genesis block makes is no output of the ledger: nobody can ever spend it.
    if (row.number === 0) continue;
    const makes = ledger.transactions[i]?.outputs?.makes ?? [];
    expect(makes.map(({ id, account, amount }) => [id, account, amount])).toEqual(
      told.outputs.map(({ index, script_hex, value }) => [
        `${told.hash}:${index}`,
        ownerOf(script_hex, network),
        BigInt(value),
      ]),
    );
    for (const [j, { type, addresses }] of told.outputs.entries()) {
      // Coins belong to scripts: what is paid to a bare key is not what is paid to its hash, though some tools show it so.
      const shown = forms.format(makes[j]?.account as string);
      if (type === "pubkey") expect(shown).toMatch(/^script-[0-9a-f]{64}$/);
      else expect([shown]).toEqual(addresses);
    }
    expect(makes.reduce((sum, { amount }) => sum + amount, 0n)).toBe(BigInt(told.output_value));
  }
}

describe("the rows that bitcoin-etl makes", () => {
  it.each(GETBLOCKS)("%s, %s", (folder, hash) => {
    const network = networkNamed("Bitcoin");
    const told = readGetBlock(`${ETL}/${folder}/rpc_response_getblock_${hash}_2.json`);
    const block = readBytes(serializeGetBlock(told), told.height, network);
    verifyBlock(block, network, "full");
    const row = readBitcoinRows<BlockRow>(`${ETL}/${folder}/expected_blocks.json`).find((one) => one.hash === hash);
    const rows = readBitcoinRows<TransactionRow>(`${ETL}/${folder}/expected_transactions.json`).filter(
      ({ block_hash }) => block_hash === hash,
    );
    expectRows(block, network, row as BlockRow, rows);
  });

  it("of Dogecoin's second block, whose reward is the one that is drawn", () => {
    const network = networkNamed("Dogecoin");
    const folder = `${ETL}/dogecoin/block_without_transactions`;
    const told = readBitcoinFixture<Omit<GetBlock, "tx"> & { tx: string[] }>(
      `${folder}/rpc_response_getblock_ea5380659e02a68c073369e502125c634b2fb0aaf351b9360c673368c4f20c96_True.json`,
    );
    const { hex } = readBitcoinFixture<{ hex: string }>(`${folder}/rpc_response_getrawtransaction_${told.tx[0]}.json`);
    const block = readBytes(serializeGetBlock({ ...told, tx: [{ hex }] } as unknown as GetBlock), 2, network);
    const { checks } = verifyBlock(block, network, "full");
    expect(checks).toContainEqual({ check: "subsidy", result: "passed" });
    const [row] = readBitcoinRows<BlockRow>(`${folder}/expected_blocks.json`);
    expectRows(
      block,
      network,
      row as BlockRow,
      readBitcoinRows<TransactionRow>(`${folder}/expected_transactions.json`),
    );
  });
});

describe("the operations that Mesh (Rosetta) makes", () => {
  const network = networkNamed("Bitcoin");

  it("of block 1,000: its one coinbase", () => {
    const { result } = readBitcoinFixture<{ result: GetBlock & { tx: { vin: { coinbase: string }[] }[] } }>(
      "coinbase__mesh-bitcoin/get_block_response.json",
    );
    const script = result.tx[0]?.vout[0]?.scriptPubKey.hex as string;
    // The file has the coinbase's fields and no bytes, and a second transaction that is made up.
    const coinbase = buildCoinbase([{ amount: 5_000_000_000n, script }], result.tx[0]?.vin[0]?.coinbase as string);
    const told = { ...result, tx: [{ hex: coinbase.toString("hex") }] } as unknown as GetBlock;
    const block = readBytes(serializeGetBlock(told), 1000, network);
    expect(block.ref.hash).toBe(result.hash);
    verifyBlock(block, network, "full");
    const [transaction] = decodeBlock(block, [], network).transactions;
    expect(transaction?.outputs?.makes).toEqual([
      {
        id: "fe28050b93faea61fa88c4c630f0e1f0a1c24d0082dd0e10d369e13212128f33:0",
        account: ownerOf(script, network),
        asset: "slip44:0",
        amount: 5_000_000_000n,
      },
    ]);
  });

  it("of a transaction of block 100,000: what it spends, and for whom it makes what", () => {
    const recorded = readBitcoinFixture<RecordedBlock>("spesmilo__electrumx/bitcoin/mainnet_100000.json");
    const block = readBytes(Buffer.from(recorded.hex, "hex"), recorded.height, network);
    const ledger = decodeEarly(block, network);
    const forms = new AccountForms(network);
    const { fee, outputs } = ledger.transactions[1] ?? {};
    expect(ledger.transactions[1]?.id).toBe("fff2525b8931402dd09222c50775608f75787bd2b87e56995a7bdd30f79702c4");
    expect(fee?.amount).toBe(0n);
    expect(outputs?.spends.map(({ id, amount }) => [id, amount])).toEqual([
      ["87a157f3fd88ac7907c05fc55e271dc4acdc5605d187d646604ca8c0e9382e03:0", 5_000_000_000n],
    ]);
    expect(outputs?.makes.map(({ account, amount }) => [forms.format(account), amount])).toEqual([
      ["1JqDybm2nWTENrHvMyafbSXXtTk5Uv5QAn", 556_000_000n],
      ["1EYTGtG4LnFfiMvjJdsU7GMGCQvsRSjYhx", 4_444_000_000n],
    ]);
  });
});

describe("transactions that Blockbook decoded", () => {
  const files = [
    "rpc_bitcoin",
    "rpc_bitcoin_testnet",
    "rpc_litecoin",
    "rpc_dogecoin",
    "rpc_bcash",
    "rpc_bitcoin_regtest",
  ];

  it.each(files)("%s: their bytes hash to their ids", (file) => {
    const { txDetails } = readBitcoinFixture<{ txDetails: Record<string, { hex: string; txid: string }> }>(
      `trezor__blockbook/${file}.json`,
    );
    for (const [id, { hex }] of Object.entries(txDetails)) {
      const cursor = new ByteCursor(Buffer.from(hex, "hex"), file);
      const table = readTransaction(cursor, { witnesses: true, extensionBlocks: false });
      expect([hashText(hashTransactions(cursor.bytes, table)), cursor.left]).toEqual([id, 0]);
    }
  });
});
