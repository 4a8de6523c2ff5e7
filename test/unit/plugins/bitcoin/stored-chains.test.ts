import { beforeAll, describe, expect, it } from "vitest";
import type { LedgerTransaction } from "../../../../src/core/model.ts";
import { buildAlternateBlocks } from "../../../support/alternate-mainnet.ts";
import { networkNamed, ownerOf, readBitcoinFixture, readGenesisBlock } from "../../../support/bitcoin-fixtures.ts";
import { BitcoinLedger } from "../../../support/bitcoin-ledger.ts";

function checksOf(checks: readonly { readonly check: string; readonly result: string }[]): Map<string, string> {
  return new Map(checks.map(({ check, result }) => [check, result]));
}

describe("Bitcoin's blocks 0 to 255 in the store", () => {
  const file = readBitcoinFixture<{
    blocks: { height: number; hash: string; hex: string }[];
    computed: { utxoCount: number; utxoTotal: string; balanceByScript: Record<string, string> };
  }>("btcsuite__btcd/bitcoin/mainnet_1_to_255.json");
  const network = networkNamed("Bitcoin");
  const transactions: LedgerTransaction[] = [];
  let ledger: BitcoinLedger;

  beforeAll(async () => {
    ledger = await BitcoinLedger.open(network);
    for (const bytes of [readGenesisBlock(), ...file.blocks.map(({ hex }) => Buffer.from(hex, "hex"))]) {
      const { decoded, checks } = await ledger.take(bytes);
      transactions.push(...decoded.transactions);
      if (decoded.ref.height === 0) continue;
      const results = checksOf(checks);
      for (const check of ["target", "medianTime", "subsidy", "maturity"]) {
        expect([decoded.ref.height, check, results.get(check)]).toEqual([decoded.ref.height, check, "passed"]);
      }
    }
  });

  it("give every script its balance, which is what it has unspent", async () => {
    let total = 0n;
    let count = 0;
    for (const [script, amount] of Object.entries(file.computed.balanceByScript)) {
      const account = ownerOf(script, network) as string;
      expect(await ledger.balance(account)).toBe(BigInt(amount));
      const unspent = await ledger.unspent(account);
      expect(unspent.reduce((sum, output) => sum + output.amount, 0n)).toBe(BigInt(amount));
      total += BigInt(amount);
      count += unspent.length;
    }
    expect([count, `${total}`]).toEqual([file.computed.utxoCount, file.computed.utxoTotal]);
  });

  it("show the first payment in the histories of both: block 170", async () => {
    const payment = transactions.find(
      ({ id }) => id === "f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16",
    );
    const [from, to] = [payment?.outputs?.spends[0]?.account, payment?.outputs?.makes[0]?.account] as [string, string];
    expect(await ledger.history(to)).toEqual([payment?.id]);
    expect(await ledger.balance(to)).toBe(1_000_000_000n);
    const history = await ledger.history(from);
    expect(history).toContain(payment?.id);
    expect(history.at(-1)).toBe("0437cd7f8525ceed2324359c2d0ba26006d92d856a9c20fa0241106ee5a597c9");
  });

  it("leave a store without faults, and go back to block 169 as it was", async () => {
    expect(await ledger.faults()).toEqual([]);
    const at = await ledger.read((view) => view.block(169));
    await ledger.ledger.rollback(at?.ref as NonNullable<typeof at>["ref"]);
    const early = transactions.find(
      ({ id }) => id === "0437cd7f8525ceed2324359c2d0ba26006d92d856a9c20fa0241106ee5a597c9",
    );
    const account = early?.outputs?.makes[0]?.account as string;
    expect(await ledger.unspent(account)).toEqual([{ ...early?.outputs?.makes[0], height: 9, coinbase: true }]);
    expect(await ledger.faults()).toEqual([]);
  });
});

describe("a regtest chain of Litecoin in the store", () => {
  type Statistics = Readonly<Record<string, number>> & { readonly blockhash: string };
  const file = readBitcoinFixture<{ blocks: string[]; stats: Statistics[] }>(
    "litecoin-project__litecoin/rpc_getblockstats.json",
  );

  it("has in each block what the node's getblockstats says", async () => {
    const ledger = await BitcoinLedger.open(networkNamed("Litecoin Regtest"));
    let told = 0;
    for (const [height, hex] of file.blocks.entries()) {
      const { decoded } = await ledger.take(Buffer.from(hex, "hex"));
      const stats = file.stats.find((one) => one["height"] === height);
      if (stats === undefined) continue;
      told++;
      const stored = await ledger.read((view) =>
        Promise.all(decoded.transactions.map(({ id }) => view.transaction(id))),
      );
      const transactions = stored.flatMap((one) => one ?? []);
      expect(transactions.map(({ block }) => block.hash)).toEqual(transactions.map(() => stats.blockhash));
      expect(decoded.ref.time / 1000).toBe(stats["time"]);
      const fees = transactions.map(({ fee }) => Number(fee?.amount ?? 0n));
      const [coinbase, ...others] = transactions;
      const outputs = others.flatMap(({ outputs }) => outputs ?? []);
      const sum = (amounts: readonly { readonly amount: bigint }[]) =>
        amounts.reduce((total, { amount }) => total + Number(amount), 0);
      const reward = sum(coinbase?.outputs?.makes ?? []);
      const totalFee = fees.reduce((total, fee) => total + fee, 0);
      expect({
        txs: transactions.length,
        ins: outputs.flatMap(({ spends }) => spends).length,
        totalfee: totalFee,
        maxfee: Math.max(...fees),
        subsidy: reward - totalFee,
        total_out: sum(outputs.flatMap(({ makes }) => makes)),
      }).toEqual({
        txs: stats["txs"],
        ins: stats["ins"],
        totalfee: stats["totalfee"],
        maxfee: stats["maxfee"],
        subsidy: stats["subsidy"],
        total_out: stats["total_out"],
      });
    }
    expect(told).toBe(file.stats.length);
    expect(await ledger.faults()).toEqual([]);
  });
});

describe("a whole interval of Bitcoin's rules in the store", () => {
  it("has each header held against those before it, and all coins in one account", async () => {
    const ledger = await BitcoinLedger.open(networkNamed("Bitcoin"));
    await ledger.take(readGenesisBlock());
    for (const [i, bytes] of buildAlternateBlocks().entries()) {
      const { checks } = await ledger.take(bytes);
      const results = checksOf(checks);
      expect([i, results.get("target"), results.get("medianTime")]).toEqual([i, "passed", "passed"]);
    }
    const account = "76a914eadbac7f36c37e39361168b7aaee3cb24a25312d88ac";
    expect(await ledger.balance(account)).toBe(2016n * 5_000_000_000n);
    expect(await ledger.unspent(account)).toHaveLength(2016);
  });

  it("refuses a block whose target is still that of the interval before", async () => {
    const ledger = await BitcoinLedger.open(networkNamed("Bitcoin"), 1);
    const blocks = buildAlternateBlocks();
    const { trail: last } = (await ledger.take(blocks[0] as Buffer, 1)).decoded;
    const easier = Buffer.from(blocks[2015] as Buffer);
    easier.writeUInt32LE(0x1d00ffff, 72);
    const ref = { height: 2016, hash: "", parentHash: "", parentHeight: 2015, time: 0 };
    const trailAt = (height: number) =>
      height === 2015 ? blocks[2014]?.subarray(0, 80) : height === 0 ? readGenesisBlock().subarray(0, 80) : last;
    expect(() => ledger.chain.verifyTrail?.(ref, easier.subarray(0, 80), trailAt)).toThrow(
      /bits is 0x1d00ffff, expected 0x1c3fffc0/,
    );
  });
});
