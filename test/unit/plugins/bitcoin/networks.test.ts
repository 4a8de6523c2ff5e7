import { expect, test } from "vitest";
import { findNetwork, NETWORKS } from "../../../../src/plugins/bitcoin/networks/find-network.ts";
import { encodeHeight } from "../../../../src/plugins/bitcoin/verify/coinbase.ts";
import { subsidyAt } from "../../../../src/plugins/bitcoin/verify/subsidy.ts";
import { networkNamed } from "../../../support/bitcoin-fixtures.ts";

const COIN = 100_000_000n;

test("each network is found by its id, which is that of its genesis block unless it split from another chain", () => {
  expect(new Set(NETWORKS.map(({ id }) => id)).size).toBe(NETWORKS.length);
  for (const network of NETWORKS) {
    expect(findNetwork(network.id)).toBe(network);
    if (network.name !== "Bitcoin Cash") expect(network.id).toBe(`bip122:${network.genesisHash.slice(0, 32)}`);
  }
  expect(findNetwork("bip122:00000000000000000000000000000000")).toBeUndefined();
});

test.each([
  ["Bitcoin", 20_999_999_97690000n],
  ["Litecoin", 83_999_999_90760000n],
])("all that %s will ever make", (name, total) => {
  const { subsidy } = networkNamed(name);
  let sum = 0n;
  for (let halving = 0; halving < 70; halving++) {
    sum += subsidyAt(subsidy, halving * subsidy.intervalBlocks).amount * BigInt(subsidy.intervalBlocks);
  }
  expect(sum).toBe(total);
});

test("Dogecoin's subsidy is drawn at first, then falls in steps to what it stays at", () => {
  const { subsidy } = networkNamed("Dogecoin");
  const at = (height: number) => subsidyAt(subsidy, height);
  expect(at(99_999)).toEqual({ amount: 1_000_000n * COIN, exact: false });
  expect(at(144_999)).toEqual({ amount: 500_000n * COIN, exact: false });
  expect(at(145_000)).toEqual({ amount: 250_000n * COIN, exact: true });
  expect(at(371_337)).toEqual({ amount: 62_500n * COIN, exact: true });
  expect(at(599_999)).toEqual({ amount: 15_625n * COIN, exact: true });
  expect(at(600_000)).toEqual({ amount: 10_000n * COIN, exact: true });
});

test.each([
  [0, "00"],
  [1, "51"],
  [16, "60"],
  [17, "0111"],
  [127, "017f"],
  [128, "028000"],
  [227_931, "035b7a03"],
  [8_388_608, "0400008000"],
])("height %i stands in a coinbase as %s (BIP34)", (height, expected) => {
  expect(encodeHeight(height).toString("hex")).toBe(expected);
});
