import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HeadwaterError } from "../../../../src/core/errors.ts";
import { sha256d } from "../../../../src/plugins/bitcoin/codec/hashing.ts";
import { decodeBlock } from "../../../../src/plugins/bitcoin/decode/decode-block.ts";
import { buildSpending } from "../../../../src/plugins/bitcoin/decode/spending.ts";
import { listOutputs } from "../../../../src/plugins/bitcoin/list-outputs.ts";
import { resolveSpent, type SpentOutput } from "../../../../src/plugins/bitcoin/spent-outputs.ts";
import { verifyBlock } from "../../../../src/plugins/bitcoin/verify/verify-block.ts";
import { buildBlock, buildCoinbase, buildTransaction, payTo } from "../../../support/bitcoin-builder.ts";
import {
  findRecorded,
  type GetBlock,
  networkNamed,
  readBitcoinFixture,
  readBytes,
  serializeGetBlock,
} from "../../../support/bitcoin-fixtures.ts";

const regtest = networkNamed("Bitcoin Regtest");
const COIN = 100_000_000n;
const foreign = { id: Buffer.alloc(32, 7), index: 3 };
const spends = (amount: bigint, more: Partial<SpentOutput> = {}): SpentOutput => ({
  amount,
  account: payTo(1),
  ...more,
});

function fieldOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof HeadwaterError) return String(error.details["field"] ?? error.code);
    throw error;
  }
  return "none";
}

describe("a transaction's movements", () => {
  const asset = "slip44:0";

  test("name the fee and what is burnt with the inputs that pay it", () => {
    const { fee, movements } = buildSpending(
      [
        { account: "a", amount: 3n },
        { account: "b", amount: 20n },
      ],
      [{ account: "c", amount: 10n }],
      8n,
      asset,
    );
    expect(fee).toBe(5n);
    expect(movements.map(({ account, delta, kind }) => [account, delta, kind])).toEqual([
      ["a", -3n, "fee"],
      ["b", -2n, "fee"],
      ["b", -8n, "burn"],
      ["b", -10n, "transfer"],
      ["c", 10n, "transfer"],
    ]);
  });

  const part = fc.record({ account: fc.constantFrom("a", "b", "c"), amount: fc.bigInt({ min: 0n, max: 1000n }) });

  test("change each account by its outputs less its inputs, and in all by minus fee and burn", () => {
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1 }),
        fc.array(part),
        fc.bigInt({ min: 0n, max: 100n }),
        (debits, credits, burnt) => {
          const { fee, movements } = buildSpending(debits, credits, burnt, asset);
          fc.pre(fee >= 0n);
          const sum = (of: readonly { account: string; amount: bigint }[], account: string) =>
            of.reduce((total, one) => total + (one.account === account ? one.amount : 0n), 0n);
          const moved = movements.map(({ account, delta }) => ({ account, amount: delta }));
          for (const account of ["a", "b", "c"])
            expect(sum(moved, account)).toBe(sum(credits, account) - sum(debits, account));
          expect(moved.reduce((total, { amount }) => total + amount, 0n)).toBe(-fee - burnt);
          const ofKind = (kind: string) =>
            movements.filter((one) => one.kind === kind).reduce((total, { delta }) => total + delta, 0n);
          expect([ofKind("fee"), ofKind("burn")]).toEqual([-fee, -burnt]);
        },
      ),
    );
  });
});

describe("a block's ledger", () => {
  const coinbase = buildCoinbase(
    [
      { amount: 50n * COIN, script: payTo(9) },
      { amount: 0n, script: "6a0101" },
    ],
    "5100",
  );

  test("outputs may be spent by a later transaction of the block, and by no earlier one", () => {
    const first = buildTransaction([foreign], [{ amount: 40n, script: payTo(2) }]);
    const second = buildTransaction([{ id: sha256d(first), index: 0 }], [{ amount: 30n, script: payTo(3) }]);
    const find = (_block: unknown, input: number) => (input === 1 ? spends(45n) : undefined);
    const block = buildBlock([coinbase, first, second], 1, regtest);
    const ledger = decodeBlock(block, resolveSpent(block, regtest, find), regtest);
    expect(ledger.transactions.map(({ fee }) => fee)).toEqual([
      null,
      { payer: payTo(1), asset: "slip44:1", amount: 5n },
      { payer: payTo(2), asset: "slip44:1", amount: 10n },
    ]);
    expect(ledger.transactions[0]?.movements).toEqual([
      { account: payTo(9), asset: "slip44:1", delta: 50n * COIN, kind: "reward" },
    ]);
    const reversed = buildBlock([coinbase, second, first], 1, regtest);
    expect(fieldOf(() => resolveSpent(reversed, regtest, () => undefined))).toBe("spent output");
    const beyond = buildTransaction([{ id: sha256d(first), index: 1 }], [{ amount: 30n, script: payTo(3) }]);
    const missing = buildBlock([coinbase, first, beyond], 1, regtest);
    expect(fieldOf(() => resolveSpent(missing, regtest, find))).toBe("spent output");
  });

  test("what nobody can have spent is refused", () => {
    const block = buildBlock([coinbase, buildTransaction([foreign], [{ amount: 1n, script: payTo(2) }])], 1, regtest);
    expect(fieldOf(() => decodeBlock(block, [spends(5n, { account: null })], regtest))).toBe("spent script");
    expect(fieldOf(() => decodeBlock(block, [spends(0n)], regtest))).toBe("outputs");
  });

  test("a coinbase has to wait before it is spent; a node's word proves nothing", () => {
    const spending = buildTransaction([foreign], [{ amount: 1n, script: payTo(2) }]);
    const block = buildBlock([buildCoinbase([{ amount: 1n, script: payTo(9) }], "0164"), spending], 100, regtest);
    const check = (output: SpentOutput, source: "ledger" | "node" = "ledger") =>
      verifyBlock(block, regtest, "full", { outputs: [output], source }).checks.filter(({ check: name }) =>
        ["subsidy", "maturity"].includes(name),
      );
    expect(fieldOf(() => check(spends(2n, { coinbase: true, height: 1 })))).toBe("input 1");
    expect(check(spends(2n, { coinbase: true, height: 0 })).map(({ result }) => result)).toEqual(["passed", "passed"]);
    expect(check(spends(2n)).map(({ result }) => result)).toEqual(["passed", "skipped"]);
    expect(check(spends(2n, { coinbase: false }), "node").map(({ result }) => result)).toEqual(["skipped", "skipped"]);
  });

  test("the genesis block's coinbase was never spendable", () => {
    const block = buildBlock([buildCoinbase([{ amount: 50n * COIN, script: payTo(1) }], "0000")], 0, regtest);
    expect(decodeBlock(block, [], regtest).transactions[0]?.movements).toEqual([]);
  });

  test("a repeated coinbase spends what the earlier one made, which is burnt, and makes it again (BIP30)", () => {
    const file = readBitcoinFixture<{ getblock: GetBlock; prevouts: { value: string; script: string }[][] }>(
      "coinbase__chainstorage/bitcoin/mainnet_91880_getblock2.json",
    );
    const bitcoin = networkNamed("Bitcoin");
    const block = readBytes(serializeGetBlock(file.getblock), 91_880, bitcoin);
    const ledger = decodeBlock(block, resolveSpent(block, bitcoin, findRecorded(file, bitcoin)), bitcoin);
    const hash = file.getblock.tx[0]?.txid as string;
    expect(ledger.transactions.map(({ id }) => id)).toEqual([hash, file.getblock.tx[1]?.txid]);
    const [repeated] = ledger.transactions;
    const output = { id: `${hash}:0`, account: expect.any(String), asset: "slip44:0", amount: 50n * COIN };
    expect(repeated?.outputs).toEqual({ spends: [output], makes: [output], coinbase: true });
    expect(repeated?.movements.map(({ delta, kind }) => [delta, kind])).toEqual([
      [-50n * COIN, "burn"],
      [50n * COIN, "reward"],
    ]);
    const listed = listOutputs(block, bitcoin);
    expect(listed.spends[0]).toBe(`${hash}:0`);
    expect(listed.makes[0]).toEqual({ ...output, height: 91_880, coinbase: true });
  });
});

describe("Litecoin's extension block", () => {
  const litecoin = { ...networkNamed("Litecoin Regtest"), workHash: "sha256d" as const };
  const pegIn = `5920${"aa".repeat(32)}`;
  const holder = `5820${"bb".repeat(32)}`;
  const coinbase = buildCoinbase([{ amount: 50n, script: payTo(9) }], "5151");

  test("moves in and out through the transaction that balances it; what is inside is not looked into", () => {
    const paysIn = buildTransaction([foreign], [{ amount: 90n, script: pegIn }]);
    const plain = buildTransaction(
      [{ id: sha256d(paysIn), index: 0 }],
      [
        { amount: 70n, script: holder },
        { amount: 15n, script: payTo(4) },
      ],
    );
    const balancing = Buffer.concat([
      plain.subarray(0, 4),
      Buffer.of(0, 8),
      plain.subarray(4, -4),
      Buffer.of(0),
      plain.subarray(-4),
    ]);
    const block = buildBlock([coinbase, paysIn, balancing], 600, litecoin, Buffer.of(1, 2, 3));
    expect(block.ids.subarray(64).equals(sha256d(plain))).toBe(true);
    const spent = resolveSpent(block, litecoin, (_block, input) => (input === 1 ? spends(100n) : undefined));
    const ledger = decodeBlock(block, spent, litecoin);
    expect(ledger.transactions[2]?.fee).toEqual({ payer: pegIn, asset: "slip44:1", amount: 5n });
    const sum = ledger.transactions
      .flatMap(({ movements }) => movements)
      .reduce((total, { delta }) => total + delta, 0n);
    expect(sum).toBe(50n - 10n - 5n);
    expect(() => buildBlock([coinbase, paysIn, balancing], 600, litecoin)).toThrow(/extension block/);
    expect(() => buildBlock([coinbase, balancing, paysIn], 600, litecoin, Buffer.of(1, 2))).toThrow(/after the one/);
    const easy = { ...litecoin, coinbaseHeightFrom: 1000 };
    const { checks } = verifyBlock(block, easy, "full", { outputs: spent, source: "ledger" });
    expect(checks.find(({ check }) => check === "extensionBlock")?.result).toBe("skipped");
  });
});

test("what the mode leaves out is said to be left out", () => {
  const block = buildBlock([buildCoinbase([{ amount: 1n, script: payTo(9) }], "0101")], 1, regtest);
  const reasons = (mode: "headers" | "off") =>
    verifyBlock(block, regtest, mode).checks.filter(({ reason }) => reason === `verify is ${mode}`).length;
  expect(reasons("off")).toBeGreaterThan(reasons("headers"));
  expect(verifyBlock(block, regtest, "off").checks[0]).toEqual({ check: "identity", result: "passed" });
  expect(fieldOf(() => verifyBlock(block, regtest, "full"))).toBe("coinbase height");
  const wrong = buildBlock([buildCoinbase([{ amount: 1n, script: payTo(9) }], "0000")], 0, regtest);
  expect(fieldOf(() => verifyBlock(wrong, regtest, "headers"))).toBe("genesis hash");
});

test("blocks of more than the network allows are refused", () => {
  const many = Array.from({ length: 34 }, (_, i) =>
    buildTransaction([{ ...foreign, index: i }], [{ amount: 1n, script: `6a${"00".repeat(30_000)}` }]),
  );
  const distinct = buildBlock([buildCoinbase([{ amount: 1n, script: payTo(9) }], "5100"), ...many], 1, regtest);
  expect(fieldOf(() => verifyBlock(distinct, regtest, "full"))).toBe("size");
  expect(fieldOf(() => verifyBlock(distinct, { ...regtest, maxBlockBytes: 10 ** 7 }, "full"))).toBe("none");
});
