import { describe, expect, test } from "vitest";
import { HeadwaterError } from "../../../../src/core/errors.ts";
import { factsOf } from "../../../../src/plugins/bitcoin/block-facts.ts";
import { ByteCursor } from "../../../../src/plugins/bitcoin/codec/byte-cursor.ts";
import { hashText, sha256d } from "../../../../src/plugins/bitcoin/codec/hashing.ts";
import { readTransaction } from "../../../../src/plugins/bitcoin/codec/transactions.ts";
import type { BitcoinNetwork } from "../../../../src/plugins/bitcoin/networks/network.ts";
import { resolveSpent } from "../../../../src/plugins/bitcoin/spent-outputs.ts";
import { MEDIAN_TIME_BLOCKS, medianTimePast } from "../../../../src/plugins/bitcoin/verify/median-time.ts";
import { nextBits, type TimedTarget } from "../../../../src/plugins/bitcoin/verify/retarget.ts";
import { bitsText } from "../../../../src/plugins/bitcoin/verify/target.ts";
import { verifyBlock } from "../../../../src/plugins/bitcoin/verify/verify-block.ts";
import { buildAlternateBlocks } from "../../../support/alternate-mainnet.ts";
import { buildBlock, buildCoinbase, buildTransaction, payTo } from "../../../support/bitcoin-builder.ts";
import { networkNamed, type RecordedBlock, readBitcoinFixture, readBytes } from "../../../support/bitcoin-fixtures.ts";

function read(path: string) {
  const { chain, network: name, height, hex } = readBitcoinFixture<RecordedBlock>(path);
  const network = networkNamed(`${chain} ${name}`);
  return { network, block: readBytes(Buffer.from(hex, "hex"), height, network) };
}

test("block 74,638 made 184 thousand million coins, which once was valid: it is refused for the amount alone", () => {
  const { hash, hex, height } = readBitcoinFixture<RecordedBlock>("bitcoin__wiki/refused_74638.json");
  const network = networkNamed("Bitcoin");
  const block = readBytes(Buffer.from(hex, "hex"), height, network);
  expect(block.ref.hash).toBe(hash);
  let refusal: unknown;
  try {
    verifyBlock(block, network, "full");
  } catch (error) {
    refusal = error instanceof HeadwaterError && [error.code, error.details["field"], error.details["actual"]];
  }
  expect(refusal).toEqual(["integrity-violation", "amount in transaction 1", "9223372036854275808"]);
  // With a limit that high nothing else is wrong with it.
  verifyBlock(block, { ...network, maxAmount: 2n ** 65n }, "full");
});

describe("2,016 blocks by Bitcoin's rules, each with its work", () => {
  const network = networkNamed("Bitcoin");
  const blocks = buildAlternateBlocks();

  test("pass every check, and the first of the second interval has a quarter of the target", () => {
    const headers: TimedTarget[] = [{ time: 1_231_006_505, bits: 0x1d00ffff }];
    let parentHash = network.genesisHash;
    for (const [i, bytes] of blocks.entries()) {
      const height = i + 1;
      const block = readBytes(bytes, height, network);
      expect(block.ref.parentHash).toBe(parentHash);
      parentHash = block.ref.hash;
      const { time, bits } = block.header;
      const place = { height, time };
      expect(bitsText(bits)).toBe(bitsText(nextBits(place, (at) => headers[at] as TimedTarget, network) ?? 0));
      expect(medianTimePast(headers.slice(-MEDIAN_TIME_BLOCKS).map((header) => header.time))).toBeLessThan(time);
      verifyBlock(block, network, "full");
      headers.push({ time, bits });
    }
    expect(headers.slice(-2).map(({ bits }) => bitsText(bits))).toEqual(["0x1d00ffff", "0x1c3fffc0"]);
  });
});

describe("Dogecoin's forks", () => {
  const network = networkNamed("Dogecoin");
  const headers = new Map<number, TimedTarget>();
  for (const height of [144_998, 144_999, 145_000, 371_335, 371_336]) {
    headers.set(height, read(`QEDProtocol__doge-test-data/dogecoin/mainnet_${height}.json`).block.header);
  }
  headers.set(371_337, read("trezor__blockbook/dogecoin/mainnet_371337.json").block.header);
  const expected = (height: number) =>
    nextBits({ height, time: 0 }, (at) => headers.get(at) as TimedTarget, network) ?? 0;

  test("block 145,000 still has its parent's target, the one after it the damped one", () => {
    for (const height of [144_999, 145_000]) {
      expect(bitsText(expected(height))).toBe(bitsText(headers.get(height)?.bits ?? 0));
    }
    expect(bitsText(expected(145_001))).toBe("0x1b671062");
  });

  test("the first merge-mined block has the target that follows from the two before it", () => {
    expect(bitsText(expected(371_337))).toBe(bitsText(headers.get(371_337)?.bits ?? 0));
  });

  test("a merge-mined block must show its work in another chain, and one before the fork must not", () => {
    const { block } = read("trezor__blockbook/dogecoin/mainnet_371337.json");
    expect(block.auxPow).toBeDefined();
    expect(read("QEDProtocol__doge-test-data/dogecoin/mainnet_371336.json").block.auxPow).toBeUndefined();
  });
});

test("a merge-mined block may come with the witness of its parent's coinbase, which no id covers", () => {
  const { hex, height, hash } = readBitcoinFixture<RecordedBlock>("trezor__blockbook/dogecoin/mainnet_371337.json");
  const bytes = Buffer.from(hex, "hex");
  const cursor = new ByteCursor(bytes, "test");
  cursor.at = 80;
  const { bodyStart, bodyEnd } = readTransaction(cursor, { witnesses: false, extensionBlocks: false });
  const witnessed = Buffer.concat([
    bytes.subarray(0, bodyStart[0]),
    Buffer.of(0, 1),
    bytes.subarray(bodyStart[0], bodyEnd[0]),
    Buffer.of(1, 32),
    Buffer.alloc(32),
    bytes.subarray(bodyEnd[0]),
  ]);
  const network = networkNamed("Dogecoin");
  const block = readBytes(witnessed, height, network);
  expect(block.ref.hash).toBe(hash);
  expect(verifyBlock(block, network, "full").checks).toContainEqual({ check: "auxPow", result: "passed" });
});

describe("Litecoin's extension blocks", () => {
  const paths = [
    "spesmilo__electrumx/litecoin/mainnet_2265985.json",
    ...["2215584", "2215586", "2319633", "2321749"].map((height) => `ltcsuite__ltcd/litecoin/testnet4_${height}.json`),
  ];

  test.each(paths)("%s: its last transaction takes over what is inside, and gathers what was paid in", (path) => {
    const { block } = read(path);
    const { transactions: table, bytes, ids } = block;
    expect(table.integrating).toBe(true);
    const last = table.count - 1;
    const scriptOf = (output: number) => bytes.toString("hex", table.scriptStart[output], table.scriptEnd[output]);
    // A witness program of version 8 holds the coins inside; those of version 9 pay in.
    expect(scriptOf(table.firstOutput[last] as number)).toMatch(/^5820[0-9a-f]{64}$/);
    const paidIn = new Set<string>();
    for (let i = 0; i < last; i++) {
      const first = table.firstOutput[i] as number;
      for (let output = first; output < (table.firstOutput[i + 1] as number); output++) {
        if (scriptOf(output).startsWith("5920")) paidIn.add(`${hashText(ids, i * 32)}:${output - first}`);
      }
    }
    const spent = table.outpoint
      .slice(table.firstInput[last])
      .map((at) => `${hashText(bytes, at)}:${bytes.readUInt32LE(at + 32)}`);
    for (const id of paidIn) expect(spent).toContain(id);
    // All else that it spends is what the block before it left inside; the first such block has nothing to take over.
    expect(spent.length - paidIn.size).toBeLessThanOrEqual(1);
  });
});

describe("Bitcoin Cash's order of transactions", () => {
  const recorded = read("cculianu__Fulcrum/bitcoincash/mainnet_833705.json");

  test("is that of their ids: some of a recorded block spend what a later one makes", () => {
    const { block, network } = recorded;
    const { transactions: table, bytes } = block;
    const { inputs, transactionIds } = factsOf(block, network);
    expect(transactionIds.slice(1)).toEqual(transactionIds.slice(1).sort());
    const places = new Map(transactionIds.map((id, i) => [id, i]));
    let later = 0;
    for (let i = 1; i < table.count; i++) {
      for (let input = table.firstInput[i] as number; input < (table.firstInput[i + 1] as number); input++) {
        const maker = places.get(hashText(bytes, table.outpoint[input]));
        expect((inputs.own[input] as number) >= 0).toBe(maker !== undefined);
        if ((maker ?? 0) > i) later++;
      }
    }
    expect(later).toBe(35);
    const { checks } = verifyBlock(block, network, "full");
    expect(checks).toContainEqual({ check: "transactionOrder", result: "passed" });
  });

  const easy = { workLimit: 2n ** 255n - 1n };
  const cash = { ...recorded.network, ...easy };
  const bitcoin = { ...networkNamed("Bitcoin"), ...easy };
  const coinbase = buildCoinbase([{ amount: 1n, script: payTo(9) }], "5151");

  /** Two transactions, the first spending what the second makes, in the order of their ids or against it. */
  function buildPair(ascending: boolean): readonly [Buffer, Buffer] {
    for (let amount = 10n; ; amount++) {
      const maker = buildTransaction([{ id: Buffer.alloc(32, 7), index: 3 }], [{ amount, script: payTo(2) }]);
      const spender = buildTransaction([{ id: sha256d(maker), index: 0 }], [{ amount: 5n, script: payTo(3) }]);
      if (hashText(sha256d(spender)) < hashText(sha256d(maker)) === ascending) return [spender, maker];
    }
  }

  function takes(network: BitcoinNetwork, at: number, ascending: boolean): string {
    try {
      const block = buildBlock([coinbase, ...buildPair(ascending)], at, network);
      const spent = resolveSpent(block, network, (_block, input) =>
        input === 2 ? { account: payTo(1), amount: 100n } : undefined,
      );
      verifyBlock(block, { ...network, coinbaseHeightFrom: at + 1 }, "full", { outputs: spent, source: "ledger" });
    } catch (error) {
      if (error instanceof HeadwaterError) return String(error.details["field"]);
      throw error;
    }
    return "none";
  }

  test("holds from the upgrade on, and nowhere else", () => {
    expect(takes(cash, 556_767, true)).toBe("none");
    expect(takes(cash, 556_767, false)).toBe("transaction 2");
    expect(takes(cash, 556_766, true)).toBe("spent output");
    expect(takes(bitcoin, 556_767, true)).toBe("spent output");
  });
});
