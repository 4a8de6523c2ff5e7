import { describe, expect, test } from "vitest";
import type { ChainConfig } from "../../../../src/core/contracts/chain-config.ts";
import type { NodeProbe, RawBlock } from "../../../../src/core/contracts/plugin.ts";
import { HeadwaterError } from "../../../../src/core/errors.ts";
import type { Output } from "../../../../src/core/model.ts";
import { sha256d } from "../../../../src/plugins/bitcoin/codec/hashing.ts";
import plugin from "../../../../src/plugins/bitcoin/index.ts";
import { buildBlock, buildCoinbase, buildTransaction, payTo } from "../../../support/bitcoin-builder.ts";
import { networkNamed } from "../../../support/bitcoin-fixtures.ts";

const regtest = networkNamed("Bitcoin Regtest");

function open(more: Partial<ChainConfig> = {}, index: Partial<ChainConfig["index"]> = {}) {
  return plugin.open({
    id: regtest.id,
    plugin: "bitcoin",
    index: { from: 0, scope: "all", verify: "full", ...index },
    agreement: {},
    lag: { targetSeconds: 15, maxSeconds: 120 },
    nodes: [],
    options: {},
    ...more,
  });
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof HeadwaterError) return error.code;
    throw error;
  }
  return "none";
}

const probe = (...capabilities: string[]): NodeProbe => ({
  chainId: regtest.id,
  syncing: false,
  clientVersion: "x",
  capabilities,
});

test("a chain is one of the table; its options are checked", () => {
  expect(codeOf(() => open({ id: "bip122:00000000000000000000000000000000" }))).toBe("config-invalid");
  expect(codeOf(() => open({ id: "eip155:1" }))).toBe("config-invalid");
  expect(codeOf(() => open({ options: { trace: "call" } }))).toBe("config-invalid");
  expect(codeOf(() => open({ options: { signetChallenge: "51" } }))).toBe("config-invalid");
  expect(codeOf(() => open({ options: { finalityDepth: { safe: 7, finalized: 6 } } }))).toBe("config-invalid");
  const { info } = open({
    options: { finalityDepth: { safe: 1, finalized: 3 }, expectedIntervalMs: 1000, name: "Ours" },
  });
  expect(info).toEqual({
    id: regtest.id,
    name: "Ours",
    nativeAsset: "slip44:1",
    nativeInfo: { symbol: "rBTC", decimals: 8 },
    expectedIntervalMs: 1000,
    finality: { kind: "depth", safe: 1, finalized: 3 },
  });
  expect(open().info.finality).toEqual({ kind: "depth", safe: 6, finalized: 100 });
});

test("texts are read in the chain's forms and no other", () => {
  const chain = open();
  expect(chain.parseAsset("slip44:1")).toBe("slip44:1");
  expect(codeOf(() => chain.parseAsset("slip44:0"))).toBe("invalid-asset");
  expect(chain.parseHash("AB".repeat(32))).toBe("ab".repeat(32));
  expect(chain.parseHash("ab".repeat(31))).toBeUndefined();
  const account = chain.parseAccount("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080");
  expect(chain.formatAccount(account)).toBe("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080");
  expect(codeOf(() => chain.parseAccount("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"))).toBe("invalid-account");
});

test("an index from the first block knows all outputs; a later one needs nodes that tell them, and stays what it was", () => {
  expect(open().selectProfile([probe()])).toBe("bitcoin/1");
  const later = open({}, { from: 5 });
  expect(later.selectProfile([probe(), probe("prevouts")])).toBe("bitcoin/1+told");
  expect(later.selectProfile([probe("txindex")])).toBe("bitcoin/1+told");
  expect(codeOf(() => later.selectProfile([probe("scan")]))).toBe("config-invalid");
  expect(later.selectProfile([], "bitcoin/1+told")).toBe("bitcoin/1+told");
  expect(later.canServe("bitcoin/1+told", probe())).toBe(false);
  expect(later.canServe("bitcoin/1+told", probe("txindex"))).toBe(true);
  expect(later.canServe("bitcoin/1", probe())).toBe(true);
  expect(later.canServe("bitcoin/2", probe("prevouts"))).toBe(false);
});

describe("two looks at a block", () => {
  const elder = { id: Buffer.alloc(32, 7), index: 3 };
  const first = buildTransaction(
    [elder],
    [
      { amount: 30n, script: payTo(2) },
      { amount: 5n, script: payTo(3) },
      { amount: 1n, script: "6a" },
    ],
  );
  const second = buildTransaction([{ id: sha256d(first), index: 0 }], [{ amount: 28n, script: payTo(4) }]);
  const built = buildBlock([buildCoinbase([{ amount: 50n, script: payTo(9) }], "5100"), first, second], 1, regtest);
  const raw = (): RawBlock => ({
    asked: { height: 1 },
    profile: "bitcoin/1",
    node: "n",
    parts: { bytes: new Uint8Array(built.bytes) },
  });
  const id = `${"07".repeat(32)}:3`;
  const spent: Output = { id, account: payTo(1), asset: "slip44:1", amount: 40n, height: 0, coinbase: false };
  const txid = Buffer.from(sha256d(first)).reverse().toString("hex");

  test("list what it spends of others and leaves of its own", () => {
    const { ref, spends, makes } = open().listOutputs?.(raw()) ?? expect.fail();
    expect([ref.hash, spends]).toEqual([built.ref.hash, [id]]);
    expect(makes.map(({ account, amount, coinbase, height }) => [account, amount, coinbase, height])).toEqual([
      [payTo(9), 50n, true, 1],
      [payTo(3), 5n, false, 1],
      [payTo(4), 28n, false, 1],
    ]);
    expect(makes[1]?.id).toBe(`${txid}:1`);
  });

  test("verify with and without them, and decode with them alone", () => {
    const chain = open();
    const one = raw();
    const result = (checks: readonly { check: string; result: string }[], name: string) =>
      checks.find(({ check }) => check === name)?.result;
    expect(result(chain.verify(one).checks, "subsidy")).toBe("skipped");
    expect(result(chain.verify(one, [spent]).checks, "subsidy")).toBe("passed");
    const block = chain.decode(one, [spent]);
    expect(block.transactions[1]?.outputs).toEqual({
      spends: [{ id, account: payTo(1), asset: "slip44:1", amount: 40n }],
      makes: [
        { id: `${txid}:0`, account: payTo(2), asset: "slip44:1", amount: 30n },
        { id: `${txid}:1`, account: payTo(3), asset: "slip44:1", amount: 5n },
      ],
      coinbase: false,
    });
    expect(block.transactions[2]?.outputs?.spends).toEqual([block.transactions[1]?.outputs?.makes[0]]);
    expect(block.trail).toEqual(new Uint8Array(built.header.bytes));
    expect(codeOf(() => chain.decode(one))).toBe("integrity-violation");
    expect(codeOf(() => chain.decode(one, [{ ...spent, id: `${"08".repeat(32)}:3` }]))).toBe("integrity-violation");
    expect(codeOf(() => chain.verify(one, [{ ...spent, amount: 30n }]))).toBe("integrity-violation");
  });

  test("refuse at the first look what is not the block that its header names, or spends an output twice", () => {
    const tampered = raw();
    const bytes = tampered.parts["bytes"] as Uint8Array;
    bytes[bytes.length - 10] = (bytes[bytes.length - 10] as number) ^ 1;
    expect(codeOf(() => open().listOutputs?.(tampered))).toBe("integrity-violation");
    const twice = buildBlock([buildCoinbase([{ amount: 1n, script: payTo(9) }], "5100"), first, first], 1, regtest);
    const doubled: RawBlock = { ...raw(), parts: { bytes: new Uint8Array(twice.bytes) } };
    expect(codeOf(() => open({}, { verify: "off" }).listOutputs?.(doubled))).toBe("integrity-violation");
  });

  test("need a block, and its height where it was asked by hash alone", () => {
    const chain = open();
    expect(codeOf(() => chain.verify({ ...raw(), parts: {} }))).toBe("node-bad-response");
    const byHash: RawBlock = { ...raw(), asked: { hash: built.ref.hash } };
    expect(codeOf(() => chain.verify(byHash))).toBe("node-bad-response");
    const height = Uint8Array.of(1, 0, 0, 0);
    expect(chain.verify({ ...byHash, parts: { ...byHash.parts, height } }).ref).toEqual(built.ref);
    expect(codeOf(() => chain.verify({ ...raw(), asked: { hash: "ab".repeat(32), height: 1 } }))).toBe(
      "node-wrong-block",
    );
    expect(codeOf(() => chain.verify({ ...raw(), profile: "bitcoin/1+told" }))).toBe("node-bad-response");
  });
});

test("what a coinbase made waits, by the rules of its own height", () => {
  const output = (height: number, coinbase: boolean): Output => ({
    id: `${"00".repeat(32)}:0`,
    account: payTo(1),
    asset: "slip44:3",
    amount: 1n,
    height,
    coinbase,
  });
  expect(open().spendableFrom?.(output(7, true))).toBe(107);
  expect(open().spendableFrom?.(output(7, false))).toBe(7);
  const dogecoin = open({ id: networkNamed("Dogecoin").id });
  expect(dogecoin.spendableFrom?.(output(144_999, true))).toBe(145_029);
  expect(dogecoin.spendableFrom?.(output(145_000, true))).toBe(145_240);
});
