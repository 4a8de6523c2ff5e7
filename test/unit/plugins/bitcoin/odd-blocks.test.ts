import { beforeEach, describe, expect, it } from "vitest";
import { HeadwaterError } from "../../../../src/core/errors.ts";
import { sha256d } from "../../../../src/plugins/bitcoin/codec/hashing.ts";
import { verifyBlock } from "../../../../src/plugins/bitcoin/verify/verify-block.ts";
import {
  type BuiltOutput,
  buildBlock,
  buildCoinbase,
  buildTransaction,
  payTo,
} from "../../../support/bitcoin-builder.ts";
import { networkNamed, ownerOf, readGenesisBlock } from "../../../support/bitcoin-fixtures.ts";
import { BitcoinLedger } from "../../../support/bitcoin-ledger.ts";

const network = networkNamed("Bitcoin Regtest");
const COIN = 100_000_000n;
const START = 1_700_000_000;

let ledger: BitcoinLedger;
let height: number;
let parentHash: string;

/** Blocks that nobody mines and everybody must take. */
beforeEach(async () => {
  ledger = await BitcoinLedger.open(network);
  const genesis = readGenesisBlock();
  genesis.writeUInt32LE(1_296_688_602, 68);
  genesis.writeUInt32LE(0x207fffff, 72);
  genesis.writeUInt32LE(2, 76);
  const { decoded } = await ledger.take(genesis);
  height = 0;
  parentHash = decoded.ref.hash;
});

function scriptOfHeight(at: number): string {
  if (at <= 16) return `${(0x50 + at).toString(16)}00`;
  const bytes = at < 128 ? [at] : [at & 0xff, at >> 8];
  return Buffer.from([bytes.length, ...bytes, 0]).toString("hex");
}

/** Builds a block on the last one and takes it the whole way. */
async function mine(outputs: readonly BuiltOutput[], ...transactions: readonly Buffer[]) {
  const coinbase = buildCoinbase(outputs, scriptOfHeight(height + 1));
  const options = { parentHash, time: START + height };
  const block = buildBlock([coinbase, ...transactions], height + 1, network, Buffer.alloc(0), options);
  const taken = await ledger.take(block.bytes);
  height++;
  parentHash = taken.decoded.ref.hash;
  return { ...taken, coinbase: sha256d(coinbase) };
}

/** Enough blocks that the first coinbase may be spent. */
async function mature(): Promise<void> {
  for (let i = 0; i < 100; i++) await mine([{ amount: 1n, script: payTo(9) }]);
}

const pay = (amount: bigint, script: string): BuiltOutput => ({ amount, script });
const refusal = async (run: () => Promise<unknown>): Promise<unknown> => {
  try {
    await run();
  } catch (error) {
    if (error instanceof HeadwaterError) return error.details["field"] ?? error.code;
    throw error;
  }
  return "none";
};

const KINDS: readonly (readonly [what: string, script: string])[] = [
  ["a public key", `21${"02".repeat(33)}ac`],
  ["a long public key", `41${"04".repeat(65)}ac`],
  ["a public key's hash", payTo(1)],
  ["a script's hash", `a914${"11".repeat(20)}87`],
  ["a witness public key's hash", `0014${"22".repeat(20)}`],
  ["a witness script's hash", `0020${"33".repeat(32)}`],
  ["a taproot key", `5120${"44".repeat(32)}`],
  ["anybody, by an anchor", "51024e73"],
  ["a witness program of a version to come", `60${"05"}${"55".repeat(5)}`],
  ["two of three keys", `52${`21${"02".repeat(33)}`.repeat(3)}53ae`],
  ["nobody's script of no bytes", ""],
  ["anybody", "51"],
  ["a script that is no program", "4c"],
  ["a script of the largest size", "61".repeat(10_000)],
];

describe("a coinbase", () => {
  it("may pay to scripts of every kind, also nothing, and burn where it likes", async () => {
    const outputs = [
      pay(7n, "6a026869"),
      ...KINDS.map(([, script], i) => pay(i === 3 ? 0n : BigInt(100 + i), script)),
      pay(9n, `6a${"00".repeat(50)}`),
      pay(11n, "61".repeat(10_001)),
    ];
    const { decoded } = await mine(outputs);
    const burnt = 7n + 9n + 11n;
    const total = outputs.reduce((sum, { amount }) => sum + amount, 0n);
    const moved = decoded.transactions[0]?.movements.reduce((sum, { delta }) => sum + delta, 0n);
    expect(moved).toBe(total - burnt);
    for (const [i, [, script]] of KINDS.entries()) {
      const account = ownerOf(script, network) as string;
      const unspent = await ledger.unspent(account);
      expect(unspent.map(({ amount, coinbase }) => [amount, coinbase])).toEqual([
        [i === 3 ? 0n : BigInt(100 + i), true],
      ]);
      const shown = ledger.chain.formatAccount(account);
      expect(ledger.chain.parseAccount(shown)).toBe(account);
    }
    expect(await ledger.faults()).toEqual([]);
  });

  it("may take less than it could, down to nothing", async () => {
    await mine([pay(0n, payTo(1))]);
    expect(await ledger.balance(payTo(1))).toBe(0n);
    expect(await refusal(() => mine([pay(50n * COIN + 1n, payTo(1))]))).toBe("coinbase amount");
    await mine([pay(50n * COIN, payTo(1))]);
    expect(await ledger.balance(payTo(1))).toBe(50n * COIN);
  });
});

describe("transactions", () => {
  it("may spend outputs of every kind, worth nothing too, in a chain within one block, out of every order but that", async () => {
    const { coinbase } = await mine([...KINDS.map(([, script]) => pay(COIN, script)), pay(0n, payTo(8))]);
    await mature();
    const gathered = buildTransaction(
      Array.from({ length: KINDS.length + 1 }, (_, index) => ({ id: coinbase, index: KINDS.length - index })),
      [pay(5n * COIN, payTo(1)), pay(0n, payTo(2)), pay(3n, "6a")],
    );
    const chain = [gathered];
    for (let i = 0; i < 60; i++) {
      const last = chain[i] as Buffer;
      chain.push(
        buildTransaction(
          [{ id: sha256d(last), index: i % 2 === 0 ? 0 : 1 }],
          [pay(i % 2 === 0 ? 0n : 5n * COIN, payTo(3)), pay(i % 2 === 0 ? 5n * COIN : 0n, payTo(4))],
        ),
      );
    }
    const { decoded } = await mine([pay(1n, payTo(9))], ...chain);
    const fee = BigInt(KINDS.length) * COIN - 5n * COIN - 3n;
    expect(decoded.transactions[1]?.fee?.amount).toBe(fee);
    for (const [, script] of KINDS) expect(await ledger.unspent(ownerOf(script, network) as string)).toEqual([]);
    expect(await ledger.balance(payTo(8))).toBe(0n);
    expect(await ledger.unspent(payTo(8))).toEqual([]);
    expect((await ledger.history(payTo(8))).length).toBe(2);
    const last = chain.at(-1) as Buffer;
    const left = await ledger.unspent(payTo(3));
    expect(left.map(({ id }) => id.slice(0, 64))).toContain(Buffer.from(sha256d(last)).reverse().toString("hex"));
    expect(await ledger.balance(payTo(3))).toBe(left.reduce((sum, { amount }) => sum + amount, 0n));
    expect(await ledger.faults()).toEqual([]);
  });

  it("may have more outputs than two bytes count, and the last of them may be spent", async () => {
    const { coinbase } = await mine([pay(COIN, payTo(1))]);
    await mature();
    const many = 70_000;
    const split = buildTransaction(
      [{ id: coinbase, index: 0 }],
      Array.from({ length: many }, () => pay(1n, "51")),
    );
    await mine([pay(1n, payTo(9))], split);
    const anybody = ownerOf("51", network) as string;
    expect(await ledger.balance(anybody)).toBe(BigInt(many));
    const places = [0, 255, 65_535, 65_536, many - 1];
    const spending = buildTransaction(
      places.map((index) => ({ id: sha256d(split), index })),
      [pay(5n, payTo(5))],
    );
    await mine([pay(1n, payTo(9))], spending);
    expect(await ledger.balance(anybody)).toBe(BigInt(many - places.length));
    expect(await ledger.unspent(anybody)).toHaveLength(many - places.length);
    const beyond = buildTransaction([{ id: sha256d(split), index: many }], [pay(1n, payTo(5))]);
    await expect(mine([pay(1n, payTo(9))], beyond)).rejects.toThrow(/no output/);
    const again = buildTransaction([{ id: sha256d(split), index: 65_536 }], [pay(1n, payTo(5))]);
    await expect(mine([pay(1n, payTo(9))], again)).rejects.toThrow(/no output/);
  });

  it("wait for a coinbase to be old enough, to the block", async () => {
    const { coinbase } = await mine([pay(COIN, payTo(1))]);
    const spending = buildTransaction([{ id: coinbase, index: 0 }], [pay(1n, payTo(5))]);
    for (let i = 0; i < 98; i++) await mine([pay(1n, payTo(9))]);
    expect(await refusal(() => mine([pay(1n, payTo(9))], spending))).toBe("input 1");
    const [output] = await ledger.unspent(payTo(1));
    expect(ledger.chain.spendableFrom?.(output as NonNullable<typeof output>)).toBe(101);
    await mine([pay(1n, payTo(9))]);
    expect(height).toBe(100);
    await mine([pay(1n, payTo(9))], spending);
    expect(await ledger.balance(payTo(1))).toBe(0n);
  });
});

describe("a block's size", () => {
  /** A block of just so many bytes. */
  function buildOfSize(size: number) {
    const build = (padding: number) => {
      const filler = [pay(0n, `6a${"00".repeat(padding)}`)];
      const transaction = buildTransaction([{ id: Buffer.alloc(32, 7), index: 1 }], filler);
      return buildBlock([buildCoinbase([pay(1n, payTo(9))], "5100"), transaction], 1, network);
    };
    const rest = size - build(100_000).bytes.length;
    return build(100_000 + rest);
  }

  it("may be the largest, and not a byte more", () => {
    const largest = buildOfSize(1_000_000);
    expect(largest.bytes).toHaveLength(1_000_000);
    verifyBlock(largest, network, "full");
    const larger = buildOfSize(1_000_001);
    expect(() => verifyBlock(larger, network, "full")).toThrow(/size/);
  });
});
