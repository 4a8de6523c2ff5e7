import { describe, expect, test } from "vitest";
import type { RawBlock } from "../../../../src/core/contracts/plugin.ts";
import { HeadwaterError } from "../../../../src/core/errors.ts";
import { sha256d } from "../../../../src/plugins/bitcoin/codec/hashing.ts";
import plugin from "../../../../src/plugins/bitcoin/index.ts";
import { packTransactions } from "../../../../src/plugins/bitcoin/makers.ts";
import { buildBlock, buildCoinbase, buildTransaction, payTo } from "../../../support/bitcoin-builder.ts";
import {
  type GetBlock,
  networkNamed,
  type RecordedBlock,
  readBitcoinFixture,
  serializeGetBlock,
} from "../../../support/bitcoin-fixtures.ts";

function open(name: string) {
  return plugin.open({
    id: networkNamed(name).id,
    plugin: "bitcoin",
    index: { from: 1, scope: "all", verify: "full" },
    agreement: {},
    lag: { targetSeconds: 15, maxSeconds: 120 },
    nodes: [],
    options: {},
  });
}

function fieldOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof HeadwaterError) return String(error.details["field"] ?? error.code);
    throw error;
  }
  return "none";
}

describe("a recorded block with what it spends, as a node tells it", () => {
  const file = readBitcoinFixture<{ getblock: GetBlock; prevouts: NonNullable<RecordedBlock["prevouts"]> }>(
    "coinbase__chainstorage/bitcoin/mainnet_200000_getblock2.json",
  );
  const bytes = serializeGetBlock(file.getblock);
  type Vin = {
    txid?: string;
    vout?: number;
    prevout?: { value: string; generated: boolean; height: number; scriptPubKey: { hex: string } };
  };
  type Told = { tx: { txid: string; vin: Vin[] }[] };
  const coins = (value: string) => `${value.padStart(9, "0").slice(0, -8)}.${value.padStart(9, "0").slice(-8)}`;

  /** The node's answer to verbosity 3, its amounts written as numbers, after a change. */
  function answer(change: (told: Told) => void = () => {}): RawBlock {
    const told = structuredClone(file.getblock) as unknown as Told;
    for (const [i, prevouts] of file.prevouts.entries()) {
      for (const [j, { value, script }] of prevouts.entries()) {
        const vin = told.tx[i + 1]?.vin[j] as Vin;
        vin.prevout = { value: `@${coins(value)}@`, generated: false, height: 1, scriptPubKey: { hex: script } };
      }
    }
    change(told);
    const text = JSON.stringify({ result: told, error: null, id: 2 }).replaceAll(/"@|@"/g, "");
    return {
      asked: { height: 200_000 },
      profile: "bitcoin/1+told",
      node: "n",
      parts: { bytes: new Uint8Array(bytes), told: Buffer.from(text) },
    };
  }

  test("has the fees that the coinbase took, on the node's word", () => {
    const chain = open("Bitcoin");
    const raw = answer();
    expect(chain.listOutputs?.(raw)).toBeUndefined();
    const checks = chain.verify(raw).checks.filter(({ check }) => ["subsidy", "maturity"].includes(check));
    expect(checks.map(({ result, reason }) => [result, reason])).toEqual(
      Array(2).fill(["skipped", "the outputs that the block spends are the node's word"]),
    );
    const { transactions } = chain.decode(raw);
    const fees = transactions.reduce((sum, { fee }) => sum + (fee?.amount ?? 0n), 0n);
    const reward = transactions[0]?.movements.reduce((sum, { delta }) => sum + delta, 0n);
    expect(reward).toBe(5_000_000_000n + fees);
    expect(fees).toBeGreaterThan(0n);
  });

  const vin = ({ tx }: Told, i = 1) => tx[i]?.vin[0] as Vin;
  const prevout = (told: Told) => vin(told).prevout as object;
  const id = file.getblock.tx[1]?.txid;
  const refused: readonly (readonly [string, (told: Told) => void, string])[] = [
    ["a transaction too few", (told) => void told.tx.pop(), "told transactions"],
    ["another transaction", (told) => Object.assign(told.tx[1] ?? {}, { txid: "ab".repeat(32) }), "told transaction 1"],
    ["an input too few", (told) => void told.tx[1]?.vin.pop(), `told inputs of ${id}`],
    ["another input", (told) => Object.assign(vin(told), { vout: 77 }), `told input 0 of ${id}`],
    ["nothing that is spent", (told) => void delete vin(told).prevout, "node-history-pruned"],
    ["more than is taken", (told) => Object.assign(prevout(told), { value: "@0@" }), "transaction 1"],
    ["no amount", (told) => Object.assign(prevout(told), { value: "@-1@" }), "node-bad-response"],
    ["no script", (told) => Object.assign(prevout(told), { scriptPubKey: null }), "node-bad-response"],
  ];

  test.each(refused)("is refused where the node tells %s", (_name, change, field) => {
    expect(fieldOf(() => open("Bitcoin").verify(answer(change)))).toBe(field);
  });
});

describe("a block with the transactions that made what it spends", () => {
  const maker = buildTransaction(
    [{ id: Buffer.alloc(32, 7), index: 0 }],
    [
      { amount: 1n, script: payTo(1) },
      { amount: 40n, script: payTo(2) },
    ],
  );
  const mined = buildCoinbase([{ amount: 60n, script: payTo(3) }], "5100");
  const spending = buildTransaction(
    [
      { id: sha256d(maker), index: 1 },
      { id: sha256d(mined), index: 0 },
    ],
    [{ amount: 90n, script: payTo(4) }],
  );
  const coinbase = buildCoinbase([{ amount: 50n, script: payTo(9) }], "0165");
  const built = buildBlock([coinbase, spending], 101, networkNamed("Bitcoin Regtest"));
  const raw = (made: Uint8Array): RawBlock => ({
    asked: { height: 101 },
    profile: "bitcoin/1+told",
    node: "n",
    parts: { bytes: new Uint8Array(built.bytes), made },
  });

  test("rests on their hashes; how old a coinbase is they do not tell", () => {
    const chain = open("Bitcoin Regtest");
    const one = raw(packTransactions([maker, mined]));
    const results = chain.verify(one).checks.map(({ check, result }) => `${check} ${result}`);
    expect(results).toEqual(expect.arrayContaining(["subsidy passed", "maturity skipped"]));
    expect(chain.decode(one).transactions[1]?.outputs?.spends.map(({ account, amount }) => [account, amount])).toEqual([
      [payTo(2), 40n],
      [payTo(3), 60n],
    ]);
  });

  test("is refused with others, with too few, and with bytes that end early", () => {
    const chain = open("Bitcoin Regtest");
    const whole = packTransactions([maker, mined]);
    for (const made of [
      packTransactions([mined, maker]),
      packTransactions([maker]),
      whole.subarray(0, -1),
      new Uint8Array(2),
    ]) {
      expect(fieldOf(() => chain.verify(raw(made)))).toBe("node-bad-response");
    }
    const short = buildTransaction([{ id: sha256d(maker), index: 2 }], [{ amount: 1n, script: payTo(4) }]);
    const beyond = buildBlock([coinbase, short], 101, networkNamed("Bitcoin Regtest"));
    const parts = { bytes: new Uint8Array(beyond.bytes), made: packTransactions([maker]) };
    expect(fieldOf(() => chain.verify({ ...raw(whole), parts }))).toBe("spent output");
  });
});
