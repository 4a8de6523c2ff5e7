import { describe, expect, test } from "vitest";
import { HeadwaterError } from "../../../../src/core/errors.ts";
import type { BlockRef } from "../../../../src/core/model.ts";
import { trailBlocksOf, verifyTrail } from "../../../../src/plugins/bitcoin/verify/verify-trail.ts";
import { networkNamed } from "../../../support/bitcoin-fixtures.ts";

const BITS = 0x1d00ffff;

function header(time: number, bits = BITS): Uint8Array {
  const bytes = Buffer.alloc(80);
  bytes.writeUInt32LE(time, 68);
  bytes.writeUInt32LE(bits, 72);
  return bytes;
}

const ref = (height: number): BlockRef => ({ height, hash: "", parentHash: "", parentHeight: height - 1, time: 0 });

/** What becomes of a block with this time and target on slow blocks of the easiest target, known from a height on. */
function hold(name: string, height: number, time: number, bits = BITS, knownFrom = 0): string[] {
  const trailAt = (at: number) => (at < knownFrom ? undefined : header(at * 700));
  try {
    return verifyTrail(ref(height), header(time, bits), trailAt, networkNamed(name)).map(
      ({ check, result, reason }) => `${check} ${result}${reason === undefined ? "" : `: ${reason}`}`,
    );
  } catch (error) {
    if (error instanceof HeadwaterError) return [String(error.details["field"])];
    throw error;
  }
}

describe("a header held against those before it", () => {
  test("has the target and a time above the median of eleven", () => {
    expect(hold("Bitcoin", 100, 70_000)).toEqual(["target passed", "medianTime passed"]);
    expect(hold("Bitcoin", 100, 94 * 700 + 1)).toEqual(["target passed", "medianTime passed"]);
    expect(hold("Bitcoin", 100, 94 * 700)).toEqual(["time"]);
    expect(hold("Bitcoin", 100, 70_000, 0x1c7fffff)).toEqual(["bits"]);
    expect(hold("Bitcoin", 1, 701)).toEqual(["target passed", "medianTime passed"]);
    expect(hold("Bitcoin", 0, 0)).toEqual([]);
  });

  test("is not judged by headers that are not there", () => {
    const needs = (height: number) => `it needs the header of block ${height}, which is before the first indexed block`;
    expect(hold("Bitcoin", 4032, 4032 * 700, BITS, 2017)).toEqual([
      `target skipped: ${needs(2016)}`,
      "medianTime passed",
    ]);
    expect(hold("Bitcoin", 4032, 4032 * 700, BITS, 2016)[0]).toBe("target passed");
    expect(hold("Bitcoin", 100, 70_000, BITS, 95)).toEqual(["target passed", `medianTime skipped: ${needs(94)}`]);
    expect(hold("Bitcoin", 100, 70_000, BITS, 100)[0]).toBe(`target skipped: ${needs(99)}`);
  });

  test("at a test network's interval is not far before its parent (BIP94)", () => {
    const parent = 2015 * 700;
    expect(hold("Bitcoin Testnet4", 2016, parent - 600)).toContain("timeWarp passed");
    expect(hold("Bitcoin Testnet4", 2016, parent - 601)).toEqual(["time"]);
    expect(hold("Bitcoin Testnet4", 2017, parent)).not.toContain("timeWarp passed");
    expect(hold("Bitcoin Testnet3", 2016, parent - 601)).not.toContain("time");
  });

  test("passes no rule that is not known", () => {
    expect(hold("Dogecoin Testnet", 100, 70_000)[0]).toMatch(/^target skipped: the network's rule/);
    expect(hold("Bitcoin Cash", 600_000, 600_000 * 700)[0]).toMatch(/^target skipped: the network's rule/);
  });
});

test("no rule looks back farther than is said", () => {
  for (const name of ["Bitcoin", "Bitcoin Testnet3", "Litecoin", "Litecoin Testnet", "Dogecoin", "Bitcoin Cash"]) {
    const network = networkNamed(name);
    let lowest = 700_000;
    for (const height of [699_840, 699_841, 700_000, 2016 * 100, 240 * 100, 145_001]) {
      const trailAt = (at: number) => {
        lowest = Math.min(lowest, at - height);
        return header(at * 700);
      };
      try {
        verifyTrail(ref(height), header(height * 600), trailAt, network);
      } catch (error) {
        // Which target comes out does not matter here.
        if (!(error instanceof HeadwaterError)) throw error;
      }
    }
    expect([name, -lowest <= trailBlocksOf(network)]).toEqual([name, true]);
  }
});
