import { describe, expect, test } from "vitest";
import { NETWORKS } from "../../../../src/plugins/bitcoin/networks/find-network.ts";
import { medianTimePast } from "../../../../src/plugins/bitcoin/verify/median-time.ts";
import { nextBits, type TimedTarget } from "../../../../src/plugins/bitcoin/verify/retarget.ts";
import { compactBits, expandBits } from "../../../../src/plugins/bitcoin/verify/target.ts";
import { networkNamed, type RecordedBlock, readBitcoinFixture } from "../../../support/bitcoin-fixtures.ts";

/** Headers by height; one that is not given must not be asked for. */
function headers(known: Record<number, TimedTarget>) {
  return (height: number): TimedTarget => {
    const header = known[height];
    if (header === undefined) throw new Error(`header ${height} was asked for`);
    return header;
  };
}

describe("Bitcoin", () => {
  // The cases of Bitcoin Core's tests: heights and times of the main chain.
  test.each([
    [32_255, 1_261_130_161, 1_262_152_739, 0x1d00ffff, 0x1d00d86a],
    [2_015, 1_231_006_505, 1_233_061_996, 0x1d00ffff, 0x1d00ffff],
    [68_543, 1_279_008_237, 1_279_297_671, 0x1c05a3f4, 0x1c0168fd],
    [46_367, 1_263_163_443, 1_269_211_443, 0x1c387f6f, 0x1d00e1fd],
  ])("after block %i", (last, firstTime, lastTime, bits, expected) => {
    const known = headers({ [last]: { time: lastTime, bits }, [last - 2015]: { time: firstTime, bits: 1 } });
    expect(nextBits({ height: last + 1, time: 0 }, known, networkNamed("Bitcoin"))).toBe(expected);
  });

  test("within an interval the target stays", () => {
    const known = headers({ 99: { time: 5, bits: 0x1c05a3f4 } });
    expect(nextBits({ height: 100, time: 10 ** 9 }, known, networkNamed("Bitcoin"))).toBe(0x1c05a3f4);
  });
});

describe("test networks", () => {
  const easiest = 0x1d00ffff;
  const known = headers({
    2016: { time: 0, bits: 0x1c111111 },
    2017: { time: 600, bits: 0x1c111111 },
    2018: { time: 1900, bits: easiest },
    2019: { time: 2000, bits: easiest },
  });

  test.each(["Bitcoin Testnet3", "Bitcoin Testnet4"])(
    "%s: after 20 minutes the easiest target, then the last real one",
    (name) => {
      const network = networkNamed(name);
      expect(nextBits({ height: 2020, time: 2000 + 1201 }, known, network)).toBe(easiest);
      expect(nextBits({ height: 2020, time: 2000 + 1200 }, known, network)).toBe(0x1c111111);
    },
  );

  test("testnet4 takes the interval's first target as its base (BIP94)", () => {
    const at = headers({
      2016: { time: 0, bits: 0x1c111111 },
      4031: { time: 14 * 24 * 60 * 60, bits: easiest },
    });
    const place = { height: 4032, time: 14 * 24 * 60 * 60 + 1 };
    expect(nextBits(place, at, networkNamed("Bitcoin Testnet4"))).toBe(0x1c111111);
    expect(nextBits(place, at, networkNamed("Bitcoin Testnet3"))).toBe(easiest);
  });

  test("regtest has one target", () => {
    const at = headers({ 2015: { time: 0, bits: 0x207fffff } });
    expect(nextBits({ height: 2016, time: 10 ** 9 }, at, networkNamed("Bitcoin Regtest"))).toBe(0x207fffff);
  });
});

test("Litecoin measures the whole interval, but for the first", () => {
  const litecoin = networkNamed("Litecoin");
  const bits = 0x1d018ea7;
  const first = headers({ 0: { time: 0, bits }, 2015: { time: 302_400, bits } });
  expect(nextBits({ height: 2016, time: 0 }, first, litecoin)).toBe(bits);
  const second = headers({ 2015: { time: 0, bits }, 4031: { time: 302_400, bits } });
  expect(nextBits({ height: 4032, time: 0 }, second, litecoin)).toBe(bits);
});

describe("Dogecoin", () => {
  // The cases of Dogecoin Core's tests: heights and times of the main chain.
  test.each([
    [239, 1, 1_386_474_927, 1_386_475_638, 0x1e0ffff0, 0x1e00ffff],
    [9_599, 240, 1_386_942_008, 1_386_954_113, 0x1c1a1206, 0x1c15ea59],
    [145_000, 1, 1_395_094_427, 1_395_094_679, 0x1b499dfd, 0x1b671062],
    [145_107, 1, 1_395_100_835, 1_395_101_360, 0x1b3439cd, 0x1b4e56b3],
  ])("after block %i", (last, back, firstTime, lastTime, bits, expected) => {
    const first = last === 239 ? 0 : last - back;
    const known = headers({ [last]: { time: lastTime, bits }, [first]: { time: firstTime, bits: 1 } });
    expect(nextBits({ height: last + 1, time: 0 }, known, networkNamed("Dogecoin"))).toBe(expected);
  });
});

// Headers of the main chain: the first interval is measured from the genesis block, the others from the block before them.
test.each([
  [240, 0, 1_386_325_540, 1_386_475_638, 0x1e0ffff0, 0x1e0fffff],
  [480, 239, 1_386_475_638, 1_386_475_840, 0x1e0fffff, 0x1e00ffff],
  [720, 479, 1_386_475_840, 1_386_476_362, 0x1e00ffff, 0x1d0ffff0],
])(
  "Dogecoin's block %i has the target that follows from block %i",
  (height, first, firstTime, time, bits, expected) => {
    const known = headers({ [height - 1]: { time, bits }, [first]: { time: firstTime, bits: 1 } });
    expect(nextBits({ height, time: 0 }, known, networkNamed("Dogecoin"))).toBe(expected);
  },
);

describe("Bitcoin Cash", () => {
  const network = networkNamed("Bitcoin Cash");
  const { anchor } = network.retarget as Extract<typeof network.retarget, { kind: "asert" }>;
  const bitsAfter = (blocks: number, seconds: number) => {
    const height = anchor.height + blocks;
    const known = headers({ [height - 1]: { time: anchor.parentTime + seconds, bits: 0 } });
    return nextBits({ height, time: 0 }, known, network);
  };

  test("on schedule the anchor's target; two days late twice, two days early half of it", () => {
    const target = expandBits(anchor.bits) as bigint;
    expect(bitsAfter(1000, 600_000)).toBe(anchor.bits);
    expect(bitsAfter(1000, 600_000 + 172_800)).toBe(compactBits(target * 2n));
    expect(bitsAfter(1000, 600_000 - 172_800)).toBe(compactBits(target / 2n));
    expect(bitsAfter(1, 600 + 172_800 * 300)).toBe(0x1d00ffff);
    expect(bitsAfter(10 ** 6, 0)).toBe(compactBits(1n));
  });

  test("a recorded block's target is that of some parent time shortly before it", () => {
    const { height, computed } = readBitcoinFixture<RecordedBlock>("cculianu__Fulcrum/bitcoincash/mainnet_833705.json");
    const time = computed["time"] as number;
    const bits = Number.parseInt(computed["bits"] as string, 16);
    const at = (parentTime: number) => bitsAfter(height - anchor.height, parentTime - anchor.parentTime);
    const fitting = Array.from({ length: 7200 }, (_, before) => at(time - before)).filter((one) => one === bits);
    expect(fitting.length).toBeGreaterThan(0);
  });

  test("below the anchor the rule is not known", () => {
    expect(nextBits({ height: anchor.height, time: 0 }, () => ({ time: 0, bits: 1 }), network)).toBeUndefined();
  });
});

test("bits and targets", () => {
  for (const { workLimit } of NETWORKS)
    expect(compactBits(expandBits(compactBits(workLimit)) ?? 0n)).toBe(compactBits(workLimit));
  for (const bits of [0x01003456, 0x00123456, 0x04923456, 0x01fedcba, 0, 0xff123456])
    expect(expandBits(bits)).toBeUndefined();
  expect(expandBits(0x02123456)).toBe(0x1234n);
  expect(expandBits(0x04123456)).toBe(0x12345600n);
  expect(compactBits(0x80n)).toBe(0x02008000);
  expect(compactBits(0x12345600n)).toBe(0x04123456);
});

test("the median of the times before a block", () => {
  expect(medianTimePast([7])).toBe(7);
  expect(medianTimePast([1, 9])).toBe(9);
  expect(medianTimePast([11, 1, 10, 2, 9, 3, 8, 4, 7, 5, 6])).toBe(6);
});
