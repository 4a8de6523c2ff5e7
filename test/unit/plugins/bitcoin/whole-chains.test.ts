import { describe, expect, test } from "vitest";
import { ByteCursor } from "../../../../src/plugins/bitcoin/codec/byte-cursor.ts";
import { hashText } from "../../../../src/plugins/bitcoin/codec/hashing.ts";
import { decodeBlock } from "../../../../src/plugins/bitcoin/decode/decode-block.ts";
import { AccountForms, accountOfScript } from "../../../../src/plugins/bitcoin/scripts/account.ts";
import { resolveSpent } from "../../../../src/plugins/bitcoin/spent-outputs.ts";
import { MEDIAN_TIME_BLOCKS, medianTimePast } from "../../../../src/plugins/bitcoin/verify/median-time.ts";
import { nextBits } from "../../../../src/plugins/bitcoin/verify/retarget.ts";
import { measureBlock } from "../../../../src/plugins/bitcoin/verify/size.ts";
import { verifyBlock } from "../../../../src/plugins/bitcoin/verify/verify-block.ts";
import {
  type GetBlock,
  networkNamed,
  PlainUtxos,
  readBitcoinFixture,
  readBytes,
  serializeGetBlock,
} from "../../../support/bitcoin-fixtures.ts";

type Statistics = Readonly<Record<string, number>> & { readonly blockhash: string };

/** Takes a chain in from its genesis block, with every check, and sums up what its movements do. */
function takeIn(name: string, blocks: readonly Uint8Array[]) {
  const network = networkNamed(name);
  const utxos = new PlainUtxos();
  const balances = new Map<string, bigint>();
  const headers: { readonly time: number; readonly bits: number }[] = [];
  const statistics: Statistics[] = [];
  let parentHash = "00".repeat(32);
  for (const [height, bytes] of blocks.entries()) {
    const block = readBytes(bytes, height, network);
    expect(block.ref.parentHash).toBe(parentHash);
    parentHash = block.ref.hash;
    const { header } = block;
    if (height > 0) {
      expect(medianTimePast(headers.slice(-MEDIAN_TIME_BLOCKS).map(({ time }) => time))).toBeLessThan(header.time);
      const place = { height, time: header.time };
      expect(nextBits(place, (at) => headers[at] as (typeof headers)[number], network)).toBe(header.bits);
    }
    headers.push(header);
    const spent = resolveSpent(block, network, utxos.find);
    const { checks } = verifyBlock(block, network, "full", { outputs: spent, source: "ledger" });
    for (const { check, result } of checks) {
      if (check !== "coinbaseHeight") expect([check, result]).toEqual([check, "passed"]);
    }
    const ledger = decodeBlock(block, spent, network);
    for (const { account, delta } of ledger.transactions.flatMap(({ movements }) => movements)) {
      balances.set(account, (balances.get(account) ?? 0n) + delta);
    }
    const before = utxos.outputs.size;
    if (height > 0) utxos.apply(block, network);
    const { transactions: table } = block;
    const fees = ledger.transactions.map(({ fee }) => Number(fee?.amount ?? 0n));
    const sizes = table.start.map((start, i) => (table.end[i] as number) - start);
    statistics.push({
      height,
      blockhash: block.ref.hash as never,
      ins: table.outpoint.length - 1,
      outs: table.amount.length,
      txs: table.count,
      totalfee: fees.reduce((sum, fee) => sum + fee, 0),
      maxfee: Math.max(...fees),
      total_out: table.amount
        .slice(table.firstOutput[1])
        .reduce((sum, at) => sum + Number(block.bytes.readBigUInt64LE(at)), 0),
      total_size: sizes.slice(1).reduce((sum, size) => sum + size, 0),
      maxtxsize: Math.max(0, ...sizes.slice(1)),
      time: header.time,
      // Burnt outputs are counted by the node, though they never enter its set.
      utxo_increase: utxos.outputs.size - before,
      weight: measureBlock(block).weight,
    } as unknown as Statistics);
  }
  return { network, utxos, balances, statistics };
}

describe("Bitcoin's blocks 0 to 255", () => {
  const file = readBitcoinFixture<{
    blocks: { height: number; hash: string; hex: string }[];
    computed: { utxoCount: number; utxoTotal: string; balanceByScript: Record<string, string> };
  }>("btcsuite__btcd/bitcoin/mainnet_1_to_255.json");
  const etl = "blockchain-etl__bitcoin-etl/bitcoin/block_0/rpc_response_getblock";
  const told = readBitcoinFixture<{ result?: GetBlock } | { result: GetBlock }[]>(
    `${etl}_000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f_2.json`,
  );
  const genesis = (Array.isArray(told) ? told[0]?.result : (told.result ?? told)) as GetBlock;
  const blocks = [serializeGetBlock(genesis), ...file.blocks.map(({ hex }) => Buffer.from(hex, "hex"))];

  test("give every script its balance, and no more coin than was made", () => {
    const { balances, utxos, network } = takeIn("Bitcoin", blocks);
    const expected = new Map(
      Object.entries(file.computed.balanceByScript).map(([script, amount]) => {
        const bytes = Buffer.from(script, "hex");
        return [accountOfScript(bytes, 0, bytes.length, network), BigInt(amount)];
      }),
    );
    expect(new Map([...balances].filter(([, amount]) => amount !== 0n))).toEqual(expected);
    expect([...balances.values()].reduce((sum, amount) => sum + amount, 0n)).toBe(BigInt(file.computed.utxoTotal));
    expect(utxos.outputs.size).toBe(file.computed.utxoCount);
  });
});

describe("a regtest chain of Litecoin", () => {
  const file = readBitcoinFixture<{ blocks: string[]; stats: Statistics[] }>(
    "litecoin-project__litecoin/rpc_getblockstats.json",
  );
  const { statistics, balances, utxos } = takeIn(
    "Litecoin Regtest",
    file.blocks.map((hex) => Buffer.from(hex, "hex")),
  );

  test.each(file.stats)("block $height is as the node's getblockstats says", (told) => {
    const ours = statistics[told["height"] as number] as Statistics;
    const burnt = countBurnt(file.blocks[told["height"] as number] as string);
    for (const field of ["ins", "outs", "txs", "totalfee", "maxfee", "total_out", "total_size", "maxtxsize", "time"]) {
      expect([field, ours[field]]).toEqual([field, told[field]]);
    }
    expect(ours.blockhash).toBe(told.blockhash);
    expect((ours["utxo_increase"] as number) + burnt).toBe(told["utxo_increase"]);
  });

  test("all balances are all unspent outputs", () => {
    const unspent = [...utxos.outputs.values()].reduce((sum, { amount }) => sum + amount, 0n);
    expect([...balances.values()].reduce((sum, amount) => sum + amount, 0n)).toBe(unspent);
  });

  function countBurnt(hex: string): number {
    const { bytes, transactions } = readBytes(Buffer.from(hex, "hex"), 0, networkNamed("Litecoin Regtest"));
    return transactions.scriptStart.filter((at) => bytes[at] === 0x6a).length;
  }
});

describe("BIP158's testnet blocks", () => {
  const vectors = readBitcoinFixture<[number, string, string, string[], ...string[]][]>(
    "bitcoin__bips/bip158_testnet-19.json",
  )
    .slice(1)
    .filter(([, , hex]) => hex);

  test.each(vectors)(
    "block %i: the scripts that its filter is made of",
    (height, hash, hex, previous, _header, filter) => {
      const block = readBytes(Buffer.from(hex, "hex"), height, networkNamed("Bitcoin Testnet3"));
      expect(block.ref.hash).toBe(hash);
      verifyBlock(block, networkNamed("Bitcoin Testnet3"), "full");
      const { scriptStart, scriptEnd, outpoint } = block.transactions;
      expect(previous).toHaveLength(outpoint.length - 1);
      const outputs = scriptStart.map((at, i) => block.bytes.toString("hex", at, scriptEnd[i]));
      const scripts = new Set([...previous, ...outputs.filter((script) => !script.startsWith("6a"))]);
      scripts.delete("");
      // A filter starts with the number of different scripts that are in it.
      expect(new ByteCursor(Buffer.from(filter as string, "hex"), "filter").compactSize("scripts")).toBe(scripts.size);
    },
  );
});

describe("blockbook's chain of two blocks", () => {
  type FakeBlock = {
    height: number;
    tx: {
      txid: string;
      vin: { txid?: string; vout?: number }[];
      vout: { script: string; address?: string; valueSat: string }[];
    }[];
  };
  const { blocks } = readBitcoinFixture<{ blocks: FakeBlock[] }>("trezor__blockbook/fakechain_utxo_2blocks.json");

  test("its scripts belong to its addresses", () => {
    const network = networkNamed("Bitcoin Testnet3");
    const forms = new AccountForms(network);
    for (const { script, address } of blocks.flatMap(({ tx }) => tx).flatMap(({ vout }) => vout)) {
      const bytes = Buffer.from(script, "hex");
      const account = accountOfScript(bytes, 0, bytes.length, network);
      if (address === undefined || address.startsWith("OP_RETURN"))
        expect(account === null || account.startsWith("ff")).toBe(true);
      else expect(forms.format(account as string)).toBe(address);
    }
  });
});

test("ids are written in the order that people read them", () => {
  expect(hashText(Buffer.from([...Array.from({ length: 31 }, () => 0), 0xab]))).toBe(`ab${"00".repeat(31)}`);
});
